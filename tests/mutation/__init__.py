"""Puts small faults into the project, one at a time, and tells which of them no test notices.

    python -m tests.mutation [--count N] [--seed S] [--only PATH] [--machine]

`python_faults` and `machine_faults` make the faults, `reach` knows which test runs which line, `judge` lets the tests judge
a fault, and `known` names those that change nothing. docs/testing.md tells how to use it.
"""
