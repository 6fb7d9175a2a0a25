"""Kinds of immediates: what follows an opcode in the binary format (spec "Binary Format: Instructions").

Each kind is one rule for reading, skipping, validating and printing; an instruction's row names its kind.
"""

NONE = 0
BLOCKTYPE = 1  # block, loop, if, try
LABELIDX = 2  # br, br_if, rethrow, delegate
LABELS = 3  # br_table: list(labelidx) labelidx
FUNCIDX = 4  # call, ref.func
CALL_INDIRECT = 5  # typeidx tableidx
VALTYPES = 6  # select t*: list(valtype)
LOCALIDX = 7
GLOBALIDX = 8
TABLEIDX = 9
MEMARG = 10  # align, with bit 6 set a memidx, offset
MEMIDX = 11  # memory.size, memory.grow, memory.fill
I32 = 12
I64 = 13
F32 = 14
F64 = 15
HEAPTYPE = 16  # ref.null, ref.test, ref.cast, ref.cast_desc_eq
MEMORY_INIT = 17  # dataidx memidx
DATAIDX = 18  # data.drop
MEMORY_COPY = 19  # memidx memidx
TABLE_INIT = 20  # elemidx tableidx
ELEMIDX = 21  # elem.drop
TABLE_COPY = 22  # tableidx tableidx
V128 = 23  # 16 bytes
LANEIDX = 24  # extract_lane, replace_lane: one byte
MEMARG_LANEIDX = 25  # v128.load8_lane and similar: align offset, then one byte
LANES = 26  # i8x16.shuffle: 16 lane indices of one byte each
TYPEIDX = 27  # call_ref, struct.new, array.get and similar
TAGIDX = 28  # throw, catch
TRY_TABLE = 29  # blocktype list(catch)
CAST = 30  # br_on_cast, br_on_cast_desc_eq and their opposites: castop labelidx heaptype heaptype
FIELDIDX = 31  # struct.get and similar: typeidx fieldidx
ARRAY_LENGTH = 32  # array.new_fixed: typeidx u32
ARRAY_DATA = 33  # array.new_data, array.init_data: typeidx dataidx
ARRAY_ELEM = 34  # array.new_elem, array.init_elem: typeidx elemidx
ARRAY_COPY = 35  # typeidx typeidx
FENCE = 36  # atomic.fence: a zero byte
