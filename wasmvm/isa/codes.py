"""Numbers inside of types and immediates that say what follows them (specification, 5.3 and 5.4)."""

REF_NULL, REF = 0x63, 0x64
"""5.3.4: what reference types begin with that are not one byte."""
EMPTY_BLOCK = 0x40
"""5.4.1: the block type without parameters and results."""
CATCH, CATCH_REF, CATCH_ALL, CATCH_ALL_REF = range(4)
"""5.4.1: kinds of catch clauses."""
MEMIDX_FLAG = 0x40
"""5.4.6: what in the first number of a memarg says that a memidx follows."""
