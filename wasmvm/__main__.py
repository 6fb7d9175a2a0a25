"""``python -m wasmvm`` is the command line."""

import sys

from wasmvm.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
