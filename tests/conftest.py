"""What all tests need of their process."""

from __future__ import annotations

import signal

# A process that a shell started with `&` ignores Ctrl-C, and so do its children; tests send it to both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
