"""Reading a function body that validation has accepted, so that nothing is checked again: bytes, immediates, types."""

from __future__ import annotations

from array import array

import cython

from wasmvm.errors import InternalError
from wasmvm.generated import flat
from wasmvm.reader import Reader

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.isa.codes import EMPTY_BLOCK, EXACT, MEMIDX_FLAG, REF, REF_NULL
    from wasmvm.lowering.code import enlarged, low_word
    from wasmvm.lowering.operands import TEMP, Operands
    from wasmvm.types import LOOK, V128

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.lowering.context import Context

ALL_ONES = 0xFFFFFFFFFFFFFFFF


class Reading(Operands):
    """Attributes:

    checkpoint: what `look_around` calls, or None, see `Reader`.
    context: what is known of the module; source: its bytes.
    skipper: a `Reader` of the same bytes, which knows how to pass over the immediates of any instruction.
    imm_of, prefix_base: the tables of `isa` by opcode and by prefix byte.
    funcidx: the function, or -1 for a constant expression, which has one result of one slot.
    pos, end: the byte offset where the body is read, and where it ends.
    local_slot, local_widths, expanded: by local, and how many locals are there; those are at most as many as the body
        has bytes, for few bytes can declare many. local_cap: how many there is room for.
    run_first, run_end, run_slot, run_width, run_count: runs of locals of one width: the first local and the one after
        the last, the slot of the first, and the width. run_cap: how many there is room for.
    param_slots: slots that the parameters take.
    assigned: by slot of a local, whether every path to here has set it; `assign_log` lists them in order, and
        `assign_count` counts these, so that a block can take back what was set inside it. Nothing is set between two
        bodies.
    zero_from, zero_to: slots of locals that may be read before they are set.
    result_type: the type of the body as a block.
    exact: whether the heap type that was read last is exact.

    A block type is a typeidx, -1 where there are neither parameters nor results, or -1 less the width of one result.
    """

    def make_reading(self) -> None:
        """Allocate the arrays, once for all bodies."""
        self.checkpoint: Any = None
        self.skipper = Reader(b"")
        self.imm_of, self.prefix_base = flat.IMM_OF, flat.PREFIX_BASE
        self.local_cap = self.run_cap = self.assign_cap = 0
        self.exact = 0
        self.local_slot = array("i")
        self.local_widths = array("b")
        self.run_first, self.run_end, self.run_slot, self.run_width = array("i"), array("i"), array("i"), array("i")
        self.assigned = array("b")
        self.assign_log = array("i")

    def begin_reading(self, context: Context, index: int, start: int, end: int) -> None:
        """Begin with a function, or with an expression.

        `index` counts the functions that the module defines; if it is -1, the expression is at byte offsets `start` to
        `end`.
        """
        self.context = context
        if self.skipper.source is not context.loaded:
            self.skipper = Reader(context.loaded)
        self.source = context.source
        self.funcidx = index + context.import_count if index >= 0 else -1
        self.pos = context.code[2 * index] if index >= 0 else start
        self.end = context.code[2 * index + 1] if index >= 0 else end

    def look_around(self) -> int:
        """Call the checkpoint, see `Reader`; it may raise."""
        if self.checkpoint is not None:
            self.checkpoint()
        return 0

    def u32(self) -> int:
        """Read an unsigned LEB128 of up to 32 bits."""
        byte = self.source[self.pos]
        self.pos += 1
        if byte < 0x80:
            return byte
        value, shift = byte & 0x7F, 7
        while True:
            byte = self.source[self.pos]
            self.pos += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def s64(self) -> int:
        """Read a signed LEB128 of up to 64 bits, as its unsigned 64 bits; this passes over an integer of any kind."""
        value, shift = 0, 0
        while True:
            byte = self.source[self.pos]
            self.pos += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if byte & 0x40 and shift < 64:
            value |= ALL_ONES << shift
        return value & ALL_ONES

    def u64(self) -> int:
        """Read an unsigned LEB128 of up to 64 bits."""
        value, shift = 0, 0
        while True:
            byte = self.source[self.pos]
            self.pos += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def fixed(self, size: int) -> int:
        """Read an integer of `size` bytes (1 to 8), low byte first."""
        value = 0
        for i in range(size):
            byte = self.source[self.pos + i]
            value |= byte << (8 * i)
        self.pos += size
        return value

    def opcode(self) -> int:
        """Read an opcode, as the rows of `isa.wasm` number it."""
        byte = self.source[self.pos]
        self.pos += 1
        if byte < 0xFB:
            return byte
        base = self.prefix_base[byte]
        if base:
            return base + self.u32()
        raise InternalError(f"opcode 0x{byte:x} in a validated body")

    def memidx(self) -> int:
        """Read the alignment of a memarg, and the memory that may come with it; return the memidx."""
        return self.u32() if self.u32() & MEMIDX_FLAG else 0

    def skip_immediates(self, op: int) -> int:
        """Pass over the immediates of an instruction that is not lowered; `op` is its WebAssembly opcode."""
        self.skipper.pos = self.pos
        self.skipper.skip_immediates(self.imm_of[op])
        self.pos = self.skipper.pos
        return 0

    def valtype_width(self) -> int:
        """Read a value type; return how many slots its values take."""
        byte = self.source[self.pos]
        self.pos += 1
        if byte == REF or byte == REF_NULL:
            self.heaptype()
        return 2 if byte == V128 else 1

    def heaptype(self) -> int:
        """Read a heap type as the loop has it: a typeidx, or the negative number that means an abstract one."""
        self.exact = 0
        if self.source[self.pos] == EXACT:
            self.pos += 1
            self.exact = 1
            return self.u32()
        return low_word(self.s64())

    def block_type(self) -> int:
        """Read a block type; see the class for what is returned."""
        byte = self.source[self.pos]
        if byte == EMPTY_BLOCK:
            self.pos += 1
            return -1
        if byte & 0xC0 == 0x40:
            return -1 - self.valtype_width()
        return self.u32()

    def param_count(self, type_: int) -> int:
        """How many parameters the block type has."""
        if type_ < 0:
            return 0
        return self.context.middle[type_] - self.context.first[type_]

    def result_count(self, type_: int) -> int:
        """How many results the block type has."""
        if type_ < 0:
            return 0 if type_ == -1 else 1
        return self.context.first[type_ + 1] - self.context.middle[type_]

    def push_results(self, type_: int) -> int:
        """Push the results of the block type as temporaries."""
        if type_ == -1:
            return 0
        if type_ < 0:
            self.push(TEMP, -1 - type_)
            return 0
        for i in range(self.context.middle[type_], self.context.first[type_ + 1]):
            self.push(TEMP, self.context.widths[i])
        return 0

    def push_params(self, type_: int) -> int:
        """Push the parameters of the block type as temporaries."""
        if type_ >= 0:
            for i in range(self.context.first[type_], self.context.middle[type_]):
                self.push(TEMP, self.context.widths[i])
        return 0

    def read_locals(self) -> None:
        """Read the local declarations; give each parameter and local its slot."""
        context = self.context
        room = self.end - self.pos
        self.expanded = self.run_count = 0
        self.param_slots = 0
        slot = 0
        self.result_type = -2
        if self.funcidx >= 0:
            typeidx = context.func_types[self.funcidx]
            self.result_type = typeidx
            for i in range(context.first[typeidx], context.middle[typeidx]):
                slot = self.declare(1, context.widths[i], slot, room)
            self.param_slots = slot
            for i in range(self.u32()):
                if i & (LOOK - 1) == LOOK - 1:
                    self.look_around()
                count = self.u32()
                slot = self.declare(count, self.valtype_width(), slot, room)
        self.begin_operands(slot)
        if self.assign_cap <= slot:
            self.assign_cap = 2 * slot + 64
            self.assigned = array("b", bytes(self.assign_cap))
            self.assign_log = array("i", bytes(4 * self.assign_cap))
        for i in range(self.param_slots):
            self.assigned[i] = 1
        self.assign_count = 0
        self.zero_from = slot
        self.zero_to = 0

    def declare(self, count: int, width: int, slot: int, room: int) -> int:
        """Declare `count` locals of `width` slots from `slot` on; return the slot after them.

        `expanded` stays at most `room`.
        """
        if count == 0:
            return slot
        k = self.run_count - 1
        first = self.run_end[k] if k >= 0 else 0
        if k >= 0 and self.run_width[k] == width:
            self.run_end[k] = first + count
        else:
            self.new_run(first, first + count, slot, width)
        if first < room:
            last = min(first + count, room)
            if last > self.local_cap:
                self.local_cap = 2 * last
                self.local_slot = enlarged(self.local_slot, "i", self.local_cap)
                self.local_widths = enlarged(self.local_widths, "b", self.local_cap)
            for i in range(first, last):
                self.local_slot[i] = slot + (i - first) * width
                self.local_widths[i] = width
            self.expanded = last
        return slot + count * width

    def new_run(self, first: int, end: int, slot: int, width: int) -> int:
        """Append a run: locals `first` to before `end`, each of `width` slots, from `slot` on."""
        k = self.run_count
        if k == self.run_cap:
            self.run_cap = 2 * k + 16
            self.run_first = enlarged(self.run_first, "i", self.run_cap)
            self.run_end = enlarged(self.run_end, "i", self.run_cap)
            self.run_slot = enlarged(self.run_slot, "i", self.run_cap)
            self.run_width = enlarged(self.run_width, "i", self.run_cap)
        self.run_first[k] = first
        self.run_end[k] = end
        self.run_slot[k] = slot
        self.run_width[k] = width
        self.run_count = k + 1
        return 0

    def run_of(self, local: int) -> int:
        """The run that a local, given by its localidx, is in."""
        low = 0
        high = self.run_count - 1
        while low < high:
            middle = (low + high) // 2
            if self.run_end[middle] > local:
                high = middle
            else:
                low = middle + 1
        return low

    def slot_of(self, local: int) -> int:
        """The slot of a local, given by its localidx."""
        if local < self.expanded:
            return self.local_slot[local]
        k = self.run_of(local)
        return self.run_slot[k] + (local - self.run_first[k]) * self.run_width[k]

    def width_of(self, local: int) -> int:
        """How many slots a local, given by its localidx, takes."""
        return self.local_widths[local] if local < self.expanded else self.run_width[self.run_of(local)]

    def end_reading(self) -> None:
        """Leave all as `read_locals` expects it."""
        for i in range(self.assign_count):
            self.assigned[self.assign_log[i]] = 0
        for i in range(self.param_slots):
            self.assigned[i] = 0
