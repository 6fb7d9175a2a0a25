"""The table of the defined types that are in use, what their type ids mean, and who holds them.

Types come in groups, which are *rolled up* (spec "Rolling and Unrolling"): references into the group are positions in
it, all others name types that are in the table already, by *type id*. Rolled up, a group is a string of bytes, its key;
equal ones are one entry. An entry counts who needs it: every `Hold`, and every group that refers to it. With the last
it goes, and its type ids mean nothing from then on (docs/rationale.md, "When does a type go?").

A key that begins with another byte than 0 is a final function type in a group of its own whose value types are bytes:
parameters, 1, results. All other keys are words of 4 bytes, the lowest first: 0; the number of types; of each type its
kind, its supertype, and how many words the bodies have up to the end of its own; then the bodies. A kind is the byte of
the abstract heap type, plus `FINAL`. A supertype is 0 for none, a type id plus 1, or below 0 a position in the group,
inverted. The body of a function type is the number of its parameters, then these and the results; of the others it is
each field's type and whether it may be set. A reference to a defined type that is below 0 leads into the group.
Where the kind has `DESCRIPTORS`, two words come before that: the positions in the group of the type that it describes
and of its descriptor's, plus 1, or 0 for none.

The memory of the machine's `type_t` belongs to the entries, and no garbage collector looks after what points to it:
nothing here may run foreign code while counts and tables do not agree.
"""

from __future__ import annotations

from _thread import RLock  # reentrant: a finalizer may get in wherever memory is taken
from array import array

import cython

from wasmvm.types import ArrayType, CompType, FieldType, FuncType, StructType, SubType

if not cython.compiled:
    from wasmvm.types import ARRAYREF, CONCRETE, FUNCREF, STRUCTREF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_TYPES = 1 << 10
"""How many types of a module are worked on between two calls of the checkpoint: some milliseconds."""
PIECE = 1 << 16
"""Items of a large array that C code of Python's goes over at once, while no other thread runs."""
FINAL = 0x80
DESCRIPTORS = 0x100
KIND = 0x7F
"""The part of a kind that is the byte of the abstract heap type."""
SEPARATOR = b"\1"
"""Between parameters and results of a key that consists of bytes."""
HEADER = 2
ENTRY = 3
"""Words in front of all types, and in front of the bodies for each type."""
BLOCK = 32
"""Groups of at least this many types have all ids of some blocks of this size; the table has these by block."""
MAX_TYPE_ID = (1 << 29) - CONCRETE
"""So that a reference type fits into 31 bits."""


class Group:
    """An entry of the table.

    Attributes:
        key: see above.
        first: the type id of its first type; the others follow.
        size: how many types it has.
        count: how many need it.
        comptypes: closed composite types by position, those that were asked for; None before the first.
        machine: what the machine knows its types by, or None.
    """

    def __init__(self, key: bytes, size: int) -> None:
        self.key = key
        self.size = size
        self.first = 0
        self.count = 0
        self.comptypes: dict[int, CompType] | None = None
        self.machine: object = None


_groups: dict[bytes, Group] = {}
"""By key."""
_small: dict[int, Group] = {}
"""By type id, the groups of fewer than `BLOCK` types."""
_large: dict[int, Group] = {}
"""By type id divided by `BLOCK`, the others."""
_lock = RLock()
_next = [0, False]
"""The type id to be given next, and whether all have been given once: then it may be in use."""


class Hold:
    """Keeps types: as long as it exists, so do they.

    Compiled, Python's collector does not know it: what it keeps is released when the last reference to it is gone, not
    before the finalizers of others who need the types. Uncompiled, a finalizer may find it no longer `alive`.

    Attributes:
        firsts: the first type ids of its groups, as the words of a key; they have been counted once for it.
        alive: whether it still keeps them.
    """

    def __init__(self, firsts: bytes) -> None:
        self.firsts = firsts
        self.alive = True

    def __del__(self) -> None:
        if self.alive and release is not None:  # at the end of the interpreter
            self.alive = False
            firsts = []
            for i in range(len(self.firsts) // 4):
                firsts.append(word(self.firsts, i))
            release(firsts)

    @property
    def first(self) -> int:
        """The type id of the first type."""
        return word(self.firsts, 0)


def count_groups() -> int:
    """How many groups there are at present."""
    return len(_groups)


def is_there(type_id: int) -> bool:
    """Whether a type has that id at present; it may be any integer."""
    if type_id < 0 or type_id >= MAX_TYPE_ID:
        return False
    group = find(type_id)
    return group is not None and type_id < group.first + group.size


def find(type_id: int) -> Group | None:
    group = _small.get(type_id)
    return _large.get(type_id // BLOCK) if group is None else group


def group_of(type_id: int) -> Group:
    """The group that a type belongs to; ValueError where it is gone."""
    group = find(type_id)
    if group is None or type_id >= group.first + group.size:
        raise ValueError(f"type: there is no type {type_id}, or it is gone with the last module that had it")
    return group


def enter(key: bytes, size: int, needs: set[int]) -> Group:
    """The group with that key, counted once more; `needs` are the ids of the types that it refers to.

    Raises:
        ValueError: one of these is gone.
        MemoryError: there are no more type ids.
    """
    with _lock:
        group = _groups.get(key)
        if group is not None:
            group.count += 1
            return group
    made = Group(key, size)
    needed = []
    if needs:
        for first in {group_of(type_id).first for type_id in needs}:
            needed.append(first)
    kept = 0
    try:
        with _lock:
            for first in needed:
                group = group_of(first)
                group.count += 1
                kept += 1
            made.first = take_ids(size)
            place(made)
            group = _groups.setdefault(key, made)  # it may have come meanwhile
            group.count += 1
    except BaseException:
        unplace(made)
        release(needed[:kept])
        raise
    if group is not made:
        unplace(made)
        release(needed)
    return group


def place(group: Group) -> None:
    """Let the ids of a group mean it."""
    if group.size < BLOCK:
        for type_id in range(group.first, group.first + group.size):
            _small[type_id] = group
    else:
        for block in range(group.first // BLOCK, (group.first + group.size - 1) // BLOCK + 1):
            _large[block] = group


def unplace(group: Group) -> None:
    if group.size < BLOCK:
        for type_id in range(group.first, group.first + group.size):
            if _small.get(type_id) is group:
                del _small[type_id]
    else:
        for block in range(group.first // BLOCK, (group.first + group.size - 1) // BLOCK + 1):
            if _large.get(block) is group:
                del _large[block]


def take_ids(size: int) -> int:
    """The first of `size` ids in a row that mean nothing.

    They are given in turn, so that an id which somebody has kept for too long means nothing for as long as possible.
    """
    first: int
    first, again = _next
    turns = 0
    while True:
        if size >= BLOCK:
            first = (first + BLOCK - 1) // BLOCK * BLOCK
        if first + size > MAX_TYPE_ID:
            if turns or size > MAX_TYPE_ID:
                raise MemoryError("there are no more numbers for types")
            first, again, turns = 0, True, 1
            continue
        taken = first - 1
        if again:
            for type_id in range(first, first + size):
                if find(type_id) is not None:
                    taken = type_id
        if taken < first:
            _next[0] = first + size  # one by one: a tuple is what Python's collector may run for
            _next[1] = again
            return first
        first = taken + 1


def release(firsts: list[int]) -> None:
    """Count each of these groups once less; those that nobody needs any more go, and release others in turn."""
    while firsts:
        gone = []
        with _lock:
            for first in firsts:
                group = find(first)
                if group is None:
                    continue  # at the end of the interpreter
                group.count -= 1
                if group.count == 0:
                    gone.append(group)
                    del _groups[group.key]
                    unplace(group)
        firsts = []
        for group in gone:
            firsts.extend(needs_of(group.key))


def hold(type_id: int) -> Hold:
    """What keeps one type, and the others of its group; ValueError where it is gone."""
    with _lock:
        group = group_of(type_id)
        group.count += 1
    return holding([group.first])


def holding(firsts: list[int]) -> Hold:
    """What keeps these groups, which have been counted once for it."""
    try:
        return Hold(to_bytes(firsts))
    except BaseException:
        release(firsts)
        raise


# --- Keys ------------------------------------------------------------------------------------------------------------


def plain_key(functype: FuncType) -> bytes | None:
    """The key of a final function type in a group of its own, if it refers to no defined types."""
    try:
        return bytes(functype.params) + SEPARATOR + bytes(functype.results)
    except ValueError:
        return None


def group_key(
    types: list[CompType],
    subtypes: dict[int, SubType],
    start: int,
    count: int,
    type_ids: array[int],
    checkpoint: Callable[[], object] | None,
) -> tuple[bytes, set[int]]:
    """The key of the group of the types from `start` on, and the ids of the types that it refers to.

    Args:
        type_ids: those of the types before it.
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.
    """
    needs: set[int] = set()
    words = [0, count]
    body: list[int] = []
    heads: list[bytes] = []
    bodies: list[bytes] = []
    flushed = 0
    for typeidx in range(start, start + count):
        if len(words) + len(body) >= PIECE:
            heads.append(to_bytes(words))
            bodies.append(to_bytes(body))
            flushed += len(body)
            words = []
            body = []
            if checkpoint is not None:
                checkpoint()
        comptype = types[typeidx]
        subtype = subtypes.get(typeidx)
        flags = 0 if subtype is not None and not subtype.final else FINAL
        if subtype is not None and (subtype.describes is not None or subtype.descriptor is not None):
            flags |= DESCRIPTORS
            body.append(0 if subtype.describes is None else subtype.describes - start + 1)
            body.append(0 if subtype.descriptor is None else subtype.descriptor - start + 1)
        if isinstance(comptype, FuncType):
            kind = FUNCREF
            body.append(len(comptype.params))
            for valtype in comptype.params:
                body.append(valtype if valtype < CONCRETE else rolled(valtype, start, type_ids, needs))
            for valtype in comptype.results:
                body.append(valtype if valtype < CONCRETE else rolled(valtype, start, type_ids, needs))
        else:
            kind = STRUCTREF if isinstance(comptype, StructType) else ARRAYREF
            fields = comptype.fields if isinstance(comptype, StructType) else (comptype.field,)
            for valtype, mutable in fields:
                body.append(valtype if valtype < CONCRETE else rolled(valtype, start, type_ids, needs))
                body.append(mutable)
        super_ = 0
        if subtype is not None and subtype.supers:
            super_ = subtype.supers[0]
            if super_ < start:
                super_ = type_ids[super_]
                needs.add(super_)
                super_ += 1
            else:
                super_ = start - 1 - super_
        words.append(kind | flags)
        words.append(super_)
        words.append(flushed + len(body))
    return b"".join([*heads, to_bytes(words), *bodies, to_bytes(body)]), needs


def rolled(valtype: int, start: int, type_ids: array[int], needs: set[int]) -> int:
    typeidx = (valtype - CONCRETE) >> 2
    if typeidx >= start:
        return -(valtype - 4 * start)
    needs.add(type_ids[typeidx])
    return CONCRETE + 4 * type_ids[typeidx] + (valtype & 3)


def functype_key(functype: FuncType) -> tuple[bytes, set[int]]:
    """The same for a closed function type that is final and in a group of its own."""
    valtypes = functype.params + functype.results
    needs = {(valtype - CONCRETE) >> 2 for valtype in valtypes if valtype >= CONCRETE}
    words = [0, 1, FUNCREF | FINAL, 0, len(valtypes) + 1, len(functype.params), *valtypes]
    return to_bytes(words), needs


def to_bytes(words: list[int]) -> bytes:
    made = array("i", words)
    if word(b"\1\0\0\0", 0) != array("i", b"\1\0\0\0")[0]:
        made.byteswap()
    return made.tobytes()


def word(key: bytes, index: int) -> int:
    data = key
    at = 4 * index
    value = data[at + 3]
    value = value << 8 | data[at + 2]
    value = value << 8 | data[at + 1]
    value = value << 8 | data[at]
    return value - (value >> 31 << 32)


def needs_of(key: bytes) -> set[int]:
    """The first type ids of the groups that a group refers to."""
    needs: set[int] = set()
    if key[0]:
        return needs
    count = word(key, 1)
    bodies = HEADER + ENTRY * count
    begin = 0
    for i in range(count):
        super_ = word(key, HEADER + ENTRY * i + 1)
        if super_ > 0:
            needs.add(group_of(super_ - 1).first)
        end = word(key, HEADER + ENTRY * i + 2)
        kind = word(key, HEADER + ENTRY * i)
        if kind & DESCRIPTORS:
            begin += 2
        if kind & KIND == FUNCREF:
            begin += 1  # how many parameters there are
        for at in range(begin, end):
            valtype = word(key, bodies + at)
            if valtype >= CONCRETE:
                needs.add(group_of((valtype - CONCRETE) >> 2).first)
        begin = end
    return needs


def field_room(group: Group, params: bool) -> int:
    """How many fields its types have in all, parameters of functions counted or not, and one more for each type with
    a clause about descriptors."""
    key = group.key
    if key[0] != 0:
        return key.index(SEPARATOR) if params else 0
    count = word(key, 1)
    bodies = HEADER + ENTRY * count
    begin = fields = 0
    for i in range(count):
        end = word(key, HEADER + ENTRY * i + 2)
        kind = word(key, HEADER + ENTRY * i)
        if kind & DESCRIPTORS:
            begin += 2
            fields += 1  # the descriptor
        if kind & KIND == FUNCREF:
            fields += word(key, bodies + begin) if params else 0
        else:
            fields += (end - begin) // 2
        begin = end
    return fields


# --- What type ids mean ----------------------------------------------------------------------------------------------


def kind_of(type_id: int) -> int:
    """The abstract heap type right above all types of its kind: FUNCREF, STRUCTREF or ARRAYREF."""
    group = group_of(type_id)
    if group.key[0]:
        return FUNCREF
    return word(group.key, HEADER + ENTRY * (type_id - group.first)) & KIND


def super_of(type_id: int) -> int:
    """The type id of its supertype, or -1."""
    group = group_of(type_id)
    if group.key[0]:
        return -1
    super_ = word(group.key, HEADER + ENTRY * (type_id - group.first) + 1)
    return super_ - 1 if super_ >= 0 else group.first - 1 - super_


def descriptor_of(type_id: int) -> int:
    """The type id of the type of its descriptors, or -1."""
    return described(type_id, 1)


def describes_of(type_id: int) -> int:
    """The type id of the type whose descriptors are of this type, or -1."""
    return described(type_id, 0)


def described(type_id: int, which: int) -> int:
    group = group_of(type_id)
    key = group.key
    at = HEADER + ENTRY * (type_id - group.first)
    if key[0] or not word(key, at) & DESCRIPTORS:
        return -1
    begin = word(key, at - 1) if type_id > group.first else 0
    position = word(key, HEADER + ENTRY * word(key, 1) + begin + which)
    return group.first + position - 1 if position else -1


def comptype_of(type_id: int) -> CompType:
    """The composite type, closed."""
    group = group_of(type_id)
    known = group.comptypes
    if known is None:
        known = group.comptypes = {}
    found = known.get(type_id)
    if found is None:
        found = known[type_id] = read_comptype(group, type_id - group.first)
    return found


def read_comptype(group: Group, position: int) -> CompType:
    """The same by its position in the group."""
    key = group.key
    if key[0]:
        params, _, results = key.partition(SEPARATOR)
        return FuncType(tuple(params), tuple(results))
    first = 4 * group.first
    at = HEADER + ENTRY * position
    bodies = HEADER + ENTRY * word(key, 1)
    begin = word(key, at - 1) if position else 0
    if word(key, at) & DESCRIPTORS:
        begin += 2
    words = []
    for i in range(begin, word(key, at + 2)):
        words.append(word(key, bodies + i))
    kind = word(key, at) & KIND
    if kind == FUNCREF:
        closed = []
        for t in words:
            closed.append(t if t >= 0 else first - t)
        return FuncType(tuple(closed[1 : 1 + words[0]]), tuple(closed[1 + words[0] :]))
    fields = []
    for i in range(0, len(words), 2):
        fields.append(FieldType(words[i] if words[i] >= 0 else first - words[i], bool(words[i + 1])))
    return StructType(tuple(fields)) if kind == STRUCTREF else ArrayType(fields[0])
