"""What only the threaded form of the machine has of register instructions."""
