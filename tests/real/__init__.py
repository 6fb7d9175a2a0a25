"""Real programs through the whole pipeline."""
