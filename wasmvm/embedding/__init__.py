"""The embedding API: the public classes, one file each."""
