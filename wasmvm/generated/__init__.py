"""What tools/generate.py prints from the instruction tables: constants and flat tables, committed, not to be edited."""
