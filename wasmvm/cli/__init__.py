"""The command line: `main` dispatches, each subcommand is a file with `ABOUT` (what argparse
is told of it), `add_arguments` and `run`, which returns the exit code."""
