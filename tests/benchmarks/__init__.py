"""That what is measured is the same everywhere: results, never times."""
