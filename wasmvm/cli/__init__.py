"""The command line: `main` dispatches, each subcommand is a file with `add_parser` and `run`."""
