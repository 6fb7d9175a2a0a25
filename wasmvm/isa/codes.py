"""Numbers of the binary format that say what follows them; those of value types are in `types`.

Every number is stated in one of these two files. `tools/generate.py` prints both as a C enum, `generated/codes.pxd`,
which compiled modules have instead.
"""

MAGIC = b"\0asm"
VERSION = b"\1\0\0\0"

# spec "Binary Format: Modules: Sections"
SECTION_CUSTOM, SECTION_TYPE, SECTION_IMPORT, SECTION_FUNCTION, SECTION_TABLE, SECTION_MEMORY = range(6)
SECTION_GLOBAL, SECTION_EXPORT, SECTION_START, SECTION_ELEMENT, SECTION_CODE, SECTION_DATA = range(6, 12)
SECTION_DATA_COUNT, SECTION_TAG = 12, 13
SECTION_ORDER = (
    SECTION_TYPE, SECTION_IMPORT, SECTION_FUNCTION, SECTION_TABLE, SECTION_MEMORY, SECTION_TAG, SECTION_GLOBAL,
    SECTION_EXPORT, SECTION_START, SECTION_ELEMENT, SECTION_DATA_COUNT, SECTION_CODE, SECTION_DATA,
)  # fmt: skip
"""spec "Binary Format: Modules: Modules": the order in which sections lie in a module; custom ones may be anywhere."""

# spec "Name Section"; tables, memories, globals and segments have names by the extended name section proposal.
NAME_SECTION = "name"
NAME_MODULE, NAME_FUNC, NAME_LOCAL, NAME_LABEL, NAME_TYPE, NAME_TABLE = range(6)
NAME_MEM, NAME_GLOBAL, NAME_ELEM, NAME_DATA, NAME_FIELD, NAME_TAG = range(6, 12)

# spec "Binary Format: Types"
REF_NULL, REF = 0x63, 0x64
"""What reference types begin with that are not one byte."""
EXACT = 0x62
"""What a heap type begins with that means a defined type and none below it; its typeidx is unsigned."""
EXACT_FUNC = 0x20
"""The kind of the import of a function whose type is that very type, where others are of a subtype, too."""
FORM_FUNC, FORM_STRUCT, FORM_ARRAY = 0x60, 0x5F, 0x5E
"""What composite types begin with."""
FORM_REC, FORM_SUB, FORM_SUB_FINAL = 0x4E, 0x50, 0x4F
"""What groups of types, and types with supertypes, begin with."""
FORM_DESCRIBES, FORM_DESCRIPTOR = 0x4C, 0x4D
"""What comes before a structure type, each with a typeidx: the type that it describes, the type of its descriptors."""
LIMITS_MAX, LIMITS_SHARED, LIMITS_I64, LIMITS_PAGE_SIZE = 1, 2, 4, 8
"""Flags of limits: a maximum follows; the memory is shared (proposal threads); addresses are i64; the size of a page
follows (proposal custom-page-sizes)."""
TABLE_INIT = 0x40
"""What the entry of a table with an initial value begins with, before a byte 0."""

# spec "Binary Format: Instructions"
EMPTY_BLOCK = 0x40
"""The block type without parameters and results."""
CATCH, CATCH_REF, CATCH_ALL, CATCH_ALL_REF = range(4)
"""Kinds of catch clauses."""
MEMIDX_FLAG = 0x40
"""What in the first number of a memarg says that a memidx follows."""
