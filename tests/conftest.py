"""What all tests need of their process."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A process that a shell started with `&` ignores Ctrl-C, and so do its children; tests send it to both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes, and how long it takes to make one, says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
