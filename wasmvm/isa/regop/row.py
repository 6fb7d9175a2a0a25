"""What a register instruction is: a row of data.

Numbers, names and lengths of the register instructions, the arms of both loops, the enum that the loops and the lowerer
share, the tables of the lowerer and the verifier, and the disassembler all come from the rows (`rows`). The text of an
arm is made of the fields (`arm`). Forms that only the threaded back end has are in `isa.threaded`.

An operand has a letter and stands in the code words in the order of the row:

======  ==================================================  =====
letter  operand                                             words
======  ==================================================  =====
d       slot of the result                                  1
e       slot of a second result                             1
a b c f slots that are read                                 1
k m     32-bit constants                                    1
K       64-bit constant, low word first                     2
V       16 bytes: a vector constant, or lane indices        4
o       memarg offset, unsigned                             1
t       label: distance from this word to the target        1
s       slot where a callee's frame begins, or values end   1
x y     indices of the specification (funcidx, laneidx)     1
n       a count                                             1
======  ==================================================  =====
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from wasmvm.isa.operators import Operator
from wasmvm.isa.regop.statements import Statements

WORDS = {"K": 2, "V": 4}
"""Words that an operand takes, where it is not one."""

Role = Literal["written", "read", "constant", "offset", "label", "base", "index", "count"]
Control = Literal["next", "branch", "jump", "table", "call", "tail_call", "return", "throw", "driver", "stop"]
"""Where control goes: to the next instruction; to that or a label; to a label; to one of several; into a function, from
which it comes back here, or not; back to the caller; to a catch clause; to the driver, which goes on with the next
instruction; to the driver, which does not."""
Touched = Literal[
    "memory",
    "memories",
    "datas",
    "elems",
    "tables",
    "globals",
    "references",
    "heap",
    "functions",
    "frames",
    "instance",
    "fuel",
]
"""What an instruction touches besides its own slots: the bytes of the memory in use; memories, segments, tables and
globals by index; references, which must be what they are taken for; objects; functions; frames other than its own;
which instance and memory are in use; what has been spent."""

_DEFAULTS: dict[str, tuple[Role, str]] = {
    "d": ("written", "bits"),
    "e": ("written", "bits"),
    "a": ("read", "bits"),
    "b": ("read", "bits"),
    "c": ("read", "bits"),
    "f": ("read", "bits"),
    "k": ("constant", "i32"),
    "m": ("constant", "i32"),
    "K": ("constant", "i64"),
    "V": ("constant", "v128"),
    "o": ("offset", "i32"),
    "t": ("label", ""),
    "s": ("base", ""),
    "x": ("index", ""),
    "y": ("index", ""),
    "n": ("count", ""),
}


class Operand(NamedTuple):
    """An operand of a register instruction.

    Attributes:
        letter: its name in texts.
        role: what is done with the word.
        type: what is in a slot or begins there: i32, i64, f32, f64, v128; "bits", 64 bits of any kind; "ref"; "slots",
            several; "elemaddr", an i64 that is an index into the table of a call. What a constant is: i32, i64, f32,
            f64, v128; "shift", less than 32; "lanes", 16 lane indices less than 32. What an index is one of: memidx,
            funcidx, definedidx (a funcidx less the imported ones), laneidx, ...
        below: what a laneidx must be less than.
    """

    letter: str
    role: Role
    type: str
    below: int = 0

    @property
    def words(self) -> int:
        return WORDS.get(self.letter, 1)


def operands(notation: str) -> tuple[Operand, ...]:
    """Operands in short: a letter each, and after a colon the type, where it is not the usual one of the letter."""
    found = []
    for item in notation.split():
        letter, _, type_ = item.partition(":")
        role, usual = _DEFAULTS[letter]
        if role == "index" and not type_:
            raise ValueError(f"{notation}: what is {letter} an index of?")
        found.append(Operand(letter, role, type_ or usual))
    return tuple(found)


class Branch(NamedTuple):
    """What decides a branch, and where it may lead.

    Attributes:
        back: whether it is the form for a back-edge, which pays for the budget.
        when: whether it is taken if the comparison of the row's operator holds, or if it does not.
        condition: what decides it where that is no operator; "" where nothing does.
        adds: whether it first adds a constant to the left operand, and writes the sum.
    """

    back: bool = False
    when: bool = True
    condition: str = ""
    adds: bool = False


class Address(NamedTuple):
    """How an instruction computes the address of what it accesses, from operands named by their letters, "" for none.

    The sum of `base`, `second` shifted left by `shift`, and `constant` wraps at 32 bits; adding `offset` does not.
    `wide`: all of it has 64 bits.
    """

    base: str = ""
    second: str = ""
    shift: str = ""
    constant: str = ""
    offset: str = "o"
    wide: bool = False


class Field(NamedTuple):
    """What is accessed within an object: the element with the index `element`, or the field at `offset` bytes."""

    object: Literal["structure", "array"]
    reference: str = "a"
    element: str = ""
    offset: str = ""


class Access(NamedTuple):
    """What is done at an address or a field.

    Attributes:
        kind: whether it loads or stores.
        width: bytes.
        text: the value that is loaded, over ``{p}``, or the line that stores ``{v}`` at ``{p}``; "" where the row's own
            text does it.
        type: what the loaded value is written to its slot as (`Result.type`).
        value: the letter of the operand that is stored.
        aligned: whether it traps at an address that is no multiple of `width`.
    """

    kind: Literal["load", "store"]
    width: int
    text: str = ""
    type: str = "bits"
    value: str = ""
    aligned: bool = False


class Bulk(NamedTuple):
    """`size`: how much a bulk instruction does, as text; `unit`: of what.

    It pays for what is more than a little, with fuel too. Where the budget is used up, the driver does it in pieces.
    """

    size: str
    unit: Literal["BYTES", "ELEMENTS"] = "ELEMENTS"


class Lanes(NamedTuple):
    """What a vector instruction does, in a function of its own, with `i` from 0 up to `times`.

    Attributes:
        times: how often.
        each: lines over the operands `x`, `y`, `z`, the result `r` and `i`; where there are none, the row's operator is
            applied to the lanes `of` of the operands, counted from `start`, and gives a lane `to` of the result.
        before: lines that come first.
        of, to: members of `v128_t`.
    """

    times: int
    each: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    of: str = ""
    to: str = ""
    start: int = 0


class RegOp(NamedTuple):
    """A register instruction.

    Attributes:
        name: of a product, made of operator and form.
        operands: in the order of their words.
        control: where control goes.
        text: what it does, where no other field says that; after the check of an address.
        operator: what it computes, or what it compares to decide a branch.
        form: where the operands of the operator are, for each of them "r" (in a slot) or "k" (constant); "" if it has
            no operator, or not one that a form is made of.
        branch, address, field, access, bulk, lanes: see these; None for what it does not do.
        function: the text of the function that it calls, where that is its own and `lanes` does not say it.
        raises: traps, and reasons to go to the driver, that a function may return which its text calls.
        touches: what it may read or change besides its slots; None where nobody has thought about it.
        rare: whether there are no forms of it with operands in accumulators, because it is rare or takes long.
        serves: the WebAssembly instructions that it is lowered from; () for the one of its operator or its name.
        number: its place in `rows.ROWS`.
    """

    name: str
    operands: tuple[Operand, ...]
    control: Control = "next"
    text: Statements = ()
    operator: Operator | None = None
    form: str = ""
    branch: Branch | None = None
    address: Address | None = None
    field: Field | None = None
    access: Access | None = None
    bulk: Bulk | None = None
    lanes: Lanes | None = None
    function: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()
    touches: frozenset[Touched] | None = None
    rare: bool = False
    serves: tuple[str, ...] = ()
    number: int = -1

    @property
    def mnemonics(self) -> tuple[str, ...]:
        """The WebAssembly instructions that it is lowered from; its own name, where that is none of them."""
        if self.serves:
            return self.serves
        if self.operator is not None and self.branch is None and self.lanes is None:
            return (self.operator.mnemonic,)
        return (self.name,)

    @property
    def length(self) -> int:
        """Words, the opcode included; for `br_table` without the table's own words."""
        return 1 + sum(operand.words for operand in self.operands)

    @property
    def enum_name(self) -> str:
        """The constant of its number."""
        return "R_" + self.name.upper().replace(".", "_")

    @property
    def goes_on(self) -> bool:
        """Whether the next instruction always follows, at once or after the driver."""
        return self.control in ("next", "driver")

    @property
    def falls_through(self) -> bool:
        """Whether the loop may go on with the next instruction: not after a call, which comes there by a return."""
        return self.control in ("next", "branch")

    def operand(self, letter: str) -> Operand | None:
        return next((operand for operand in self.operands if operand.letter == letter), None)

    def position(self, letter: str) -> int:
        """The word in which an operand stands, or 0 if there is no such operand."""
        word = 1
        for operand in self.operands:
            if operand.letter == letter:
                return word
            word += operand.words
        return 0


NOTHING: frozenset[Touched] = frozenset()


def touched(*what: Touched) -> frozenset[Touched]:
    return frozenset(what)
