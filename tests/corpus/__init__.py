"""Real modules from packages of npm and PyPI, and what becomes of each: `python -m tests.corpus`, told in docs/corpus.md."""
