"""Register instructions: what they are (`row`), a file for each family of them, and all of them (`rows`)."""
