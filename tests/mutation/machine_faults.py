"""Faults in the machine: statements of its `.pxi` parts, and of the loop that is printed from the rows.

They are found in lines of tokens, since nothing else reads Cython with the places of things.
"""

from __future__ import annotations

import io
import itertools
import keyword
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutation.fault import Fault, numbered

PRINTED = "wasmvm/machine/printed/"
"""Where the printed parts would be, if they were in the tree."""

SWAPPED = {
    "<": ("<=",), "<=": ("<",), ">": (">=",), ">=": (">",), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("+",), "//": ("*",), "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "^": ("|",),
    "+=": ("-=",), "-=": ("+=",), "|=": ("&=",), "&=": ("|=",), "<<=": (">>=",), ">>=": ("<<=",),
    "and": ("or",), "or": ("and",), "min": ("max",), "max": ("min",), "True": ("False",), "False": ("True",),
}  # fmt: skip
ONLY_BETWEEN = {"<", ">", "+", "-", "*", "&"}
"""What means something else where no operand stands before it."""

DECLARATION = re.compile(r"(cdef|ctypedef|cpdef)\s+(packed\s+)?(struct|enum|union|extern|inline\s+enum)\b")
FUNCTION = re.compile(r"(def|cdef|cpdef)\b[^=]*?(\w+)\s*\(.*:$")
CLASS = re.compile(r"(cdef\s+)?class\s+(\w+)")
ARM = re.compile(r"(el)?if op == (R_\w+):$")
INITIALIZED = re.compile(r"(cdef\s+[^=(]*?=\s*)(?!=)(.*)$")
RANGE = re.compile(r"(for \w+ in range\()(.*)(\):)$")
CONDITION = re.compile(r"(if|elif|while) (.*):$")
PASSED_OVER = ("@", "def ", "class ", "import ", "from ", "cimport ", "include ", "global ", "nonlocal ", "pass", "else", "try",
               "except", "finally", "with ", "for ", "while True", "ctypedef", "DEF ", "assert ")  # fmt: skip


class Line(NamedTuple):
    """A logical line: its text without comments, all on one line, and where it is in the file."""

    text: str
    indent: int
    first: int
    last: int
    start: int
    end: int


def machine_sources(root: Path, printed: dict[str, str]) -> dict[str, str]:
    """The sources by their paths; `printed` are the parts that are printed."""
    paths = sorted((root / "wasmvm/machine").rglob("*.pxi"))
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths} | printed


def faults_of(path: str, source: str) -> list[Fault]:
    """All faults for a file."""
    return numbered(find(path, source))


def find(path: str, source: str) -> Iterator[Fault]:
    blocks: list[tuple[int, str, str]] = []  # indentation, kind, name
    for line in logical_lines(source):
        while blocks and blocks[-1][0] >= line.indent:
            blocks.pop()
        kinds = [kind for _, kind, _ in blocks]
        scope = ".".join(name for _, _, name in blocks if name)
        dispatch = ARM.match(line.text) and path.startswith(PRINTED)
        documentation = line.text.startswith(('"', "'"))
        if "function" in kinds and "declaration" not in kinds and not documentation and not dispatch:
            for kind, after in changes(line.text):
                yield Fault(
                    path,
                    line.first,
                    line.last,
                    scope,
                    kind,
                    before=line.text,
                    after=after,
                    context=line.text,
                    start=line.start,
                    end=line.end,
                    text=after,
                    statement=line.first,
                )
        if line.text.endswith(":"):
            blocks.append((line.indent, *block_of(line.text)))


def block_of(header: str) -> tuple[str, str]:
    """The kind and the name of what a line begins."""
    if DECLARATION.match(header):
        return "declaration", ""
    named = CLASS.match(header)
    if named:
        return "class", named[2]
    named = FUNCTION.match(header)
    if named:
        return "function", function_name(header)
    arm = ARM.match(header)
    return "control", arm[2] if arm else ""


def function_name(header: str) -> str:
    return re.findall(r"(\w+)\s*$", header[: header.index("(")])[0]


def logical_lines(source: str) -> Iterator[Line]:
    starts = [0]
    for text in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    tokens: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        if token.type != tokenize.NEWLINE:
            if token.type != tokenize.ERRORTOKEN or token.string.strip():
                tokens.append(token)
            continue
        if tokens:
            first, last = tokens[0], tokens[-1]
            start, end = starts[first.start[0] - 1] + first.start[1], starts[last.end[0] - 1] + last.end[1]
            yield Line(joined(tokens), first.start[1], first.start[0], last.end[0], start, end)
        tokens = []


def joined(tokens: Sequence[tokenize.TokenInfo]) -> str:
    """The text of tokens, with their spaces, and one space for the end of a line."""
    text = tokens[0].string
    for before, token in itertools.pairwise(tokens):
        if before.end[0] != token.start[0]:
            text += "" if before.string in "([{" else " "
        else:
            text += " " * (token.start[1] - before.end[1])
        text += token.string
    return text


# What may stand in place of a statement


def changes(text: str) -> Iterator[tuple[str, str]]:
    condition, loop, initialized = CONDITION.match(text), RANGE.match(text), INITIALIZED.match(text)
    if text.startswith("while True"):
        return
    if condition:
        head, inner, tail = f"{condition[1]} ", condition[2], ":"
        if condition[1] == "if":
            yield "condition", "if False:"
            yield "condition", "if True:"
        for kind, changed in expression_changes(inner):
            yield kind, head + changed + tail
    elif loop:
        parts = [part.strip() for part in at_depth_0(loop[2], {","})]
        if len(parts) <= 2:
            yield "end of a range", f"{loop[1]}{', '.join([*parts[:-1], f'{parts[-1]} - 1'])}{loop[3]}"
        if len(parts) == 2:
            yield "beginning of a range", f"{loop[1]}{parts[0]} + 1, {parts[1]}{loop[3]}"
    elif initialized:
        if len(at_depth_0(initialized[1], {","})) == 1 == len(at_depth_0(initialized[2], {","})):
            for kind, changed in expression_changes(initialized[2]):
                yield kind, initialized[1] + changed
    elif text.startswith(("cdef ", *PASSED_OVER)) or text.endswith(":"):
        return
    elif text in ("break", "continue"):
        yield "statement left out", "pass"
    elif text.startswith("return"):
        for kind, changed in expression_changes(text.removeprefix("return")):
            yield kind, "return" + changed
    else:
        yield "statement left out", "pass"
        if not text.startswith("raise"):
            yield from expression_changes(text)


def expression_changes(text: str) -> Iterator[tuple[str, str]]:
    tokens = [
        (token.string, token.type, token.start[1], token.end[1])
        for token in tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline)
        if token.type in (tokenize.OP, tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.ERRORTOKEN) and token.start[0] == 1
    ][1:]  # fmt: skip
    tokens = [(string, kind, start - 1, end - 1) for string, kind, start, end in tokens if string.strip()]
    skipped = casts(tokens)
    for index, (string, kind, start, end) in enumerate(tokens):
        if index in skipped:
            continue
        before = tokens[index - 1][0] if index else ""
        after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if (
            string in SWAPPED
            and (string not in ONLY_BETWEEN or is_operand(before))
            and not (string in ("min", "max") and after != "(")
        ):
            for other in SWAPPED[string]:
                yield "operator", text[:start] + other + text[end:]
        elif string == "not":
            yield "not left out", text[:start] + text[end:].lstrip()
        elif kind == tokenize.NUMBER and re.fullmatch(r"0x[0-9a-fA-F]+|[0-9]+", string):
            value = int(string, 0)
            for changed in (value + 1, value - 1) if value else (1,):
                yield "constant", text[:start] + str(changed) + text[end:]
    for word in ("and", "or"):
        parts = at_depth_0(text, {"and", "or"}, word)
        if len(parts) > 1:
            for left_out in range(len(parts)):
                kept = [part.strip() for number, part in enumerate(parts) if number != left_out]
                yield "operand left out", f" {word} ".join(kept)


def casts(tokens: Sequence[tuple[str, int, int, int]]) -> set[int]:
    """The tokens in casts and in `sizeof(...)`."""
    found: set[int] = set()
    index = 0
    while index < len(tokens):
        string = tokens[index][0]
        if string == "<" and not (index and is_operand(tokens[index - 1][0])):
            while index < len(tokens) and tokens[index][0] != ">":
                found.add(index)
                index += 1
            found.add(index)
        elif string == "sizeof":
            depth = 0
            while index < len(tokens):
                found.add(index)
                depth += {"(": 1, ")": -1}.get(tokens[index][0], 0)
                if tokens[index][0] == ")" and not depth:
                    break
                index += 1
        index += 1
    return found


def is_operand(string: str) -> bool:
    """Whether a token ends an operand, so that an operator that follows is one of two."""
    return string in (")", "]", "NULL", "True", "False") or (
        (string[:1].isalnum() or string[:1] in "_'\"") and not keyword.iskeyword(string)
    )


def at_depth_0(text: str, separators: set[str], word: str = "") -> list[str]:
    """The text in parts, split where no bracket is open; in one part if a separator other than `word` is found."""
    parts, depth, begin = [], 0, 0
    for match in re.finditer(r"[\w.]+|[^\w\s]", text):
        string = match[0]
        depth += (string in "([{") - (string in ")]}")
        if depth or string not in separators:
            continue
        if word and string != word:
            return [text]
        parts.append(text[begin : match.start()])
        begin = match.end()
    return [*parts, text[begin:]]


# All faults in one build


def guarded(fault: Fault, number: int, source: str) -> str:
    """The statement of a fault, which is faulty if the variable that chooses says so."""
    before, after = fault.before, fault.after
    asked = f"wvm_has_fault({number})"
    old, new = CONDITION.match(before), CONDITION.match(after)
    if old and new:
        return f"{old[1]} not ((not ({new[2]})) if {asked} else (not ({old[2]}))):"
    old, new = RANGE.match(before), RANGE.match(after)
    if old and new:
        ours, theirs = at_depth_0(old[2], {","}), at_depth_0(new[2], {","})
        bounds = [
            f"(({b.strip()}) if {asked} else ({a.strip()}))" if a.strip() != b.strip() else a
            for a, b in zip(ours, theirs, strict=True)
        ]
        return f"{old[1]}{', '.join(bounds)}{old[3]}"
    old, new = INITIALIZED.match(before), INITIALIZED.match(after)
    if old and new:
        return f"{old[1]}(({new[2]}) if {asked} else ({old[2]}))"
    column = fault.start - (source.rfind("\n", 0, fault.start) + 1)
    indent = " " * column
    return f"if {asked}:\n{indent}    {after}\n{indent}else:\n{indent}    {before}"


def with_faults(source: str, faults: Sequence[tuple[int, Fault]]) -> str:
    """A source with its faults in it, of which no two are in one statement."""
    for number, fault in sorted(faults, key=lambda item: -item[1].start):
        source = source[: fault.start] + guarded(fault, number, source) + source[fault.end :]
    return source
