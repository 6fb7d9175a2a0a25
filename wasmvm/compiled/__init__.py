"""What is kept of a module: validated, lowered as its functions are called, on disk and as bytes."""
