"""The rows as a whole: names are made of fields, and nothing reads names or texts back."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wasmvm.isa.operators import OPERATORS
from wasmvm.isa.regop import memory
from wasmvm.isa.regop.numeric import FORM_SUFFIXES
from wasmvm.isa.regop.rows import BY_NAME, ROWS

ROOT = Path(__file__).resolve().parent.parent.parent.parent
READERS = (
    *sorted((ROOT / "wasmvm/isa").rglob("*.py")),
    *sorted((ROOT / "wasmvm/lowering").glob("*.py")),
    *(ROOT / "tools" / f"{name}.py" for name in ("arms", "dispatch", "forms", "generate", "threaded", "verification")),
    *(ROOT / "tools" / f"{name}.py" for name in ("sequences", "vector")),
)


def test_numbers_and_names_are_each_row_s_own() -> None:
    assert [row.number for row in ROWS] == [*range(len(ROWS))]
    assert len(BY_NAME) == len(ROWS)
    assert len({row.enum_name for row in ROWS}) == len(ROWS)


def test_names_of_products_are_made_of_their_fields() -> None:
    addresses = {form.address: form.suffix for form in memory.FORMS} | {memory.WIDE: "_wide"}
    seen = 0
    for row in ROWS:
        if row.operator is not None and row.lanes is None and row.branch is None:
            assert row.name == row.operator.mnemonic + FORM_SUFFIXES[row.form]
        elif row.operator is not None and row.branch is not None and row.operator.compares:
            back = ("loop_add_" if row.branch.adds else "loop_") if row.branch.back else ""
            decided = "br_if" if row.branch.when else "br_unless"
            assert row.name == f"{back}{decided}_{row.operator.mnemonic}{FORM_SUFFIXES[row.form]}"
        elif row.address is not None and row.access is not None and row.access.text and not row.access.aligned:
            value = row.operand(row.access.value) if row.access.value else None
            suffix = "_v" if value is not None and value.role == "constant" else ""
            assert row.name == row.mnemonics[0] + addresses[row.address] + suffix
        else:
            continue
        seen += 1
    assert seen > 500


def test_every_operator_has_its_forms() -> None:
    for operator in OPERATORS.values():
        forms = {row.form for row in ROWS if row.operator == operator and row.branch is None and row.lanes is None}
        binary = {"rr", "rk", "kr"} if operator.constant_left else {"rr", "rk"}
        assert forms == (binary if len(operator.params) == 2 else {"r"})


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_reads_names_or_texts_back(path: Path) -> None:
    """No regular expression, and no look into a row's name: what one wants to know of a row is a field of it."""
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert "re" not in imported
    looks = re.findall(
        r"\b(?:name|text|body)\.(?:startswith|endswith|partition|rpartition|removeprefix|removesuffix|split|find)\(",
        ast.unparse(tree),
    )
    assert not looks


# --- a plain numeric instruction costs one row in each of the two tables ---------------------------------------------

ONE_MORE = """
import sys
sys.path[:0] = ["tools"]
from wasmvm.isa import wasm
from wasmvm.isa.operators import OPERATORS, Operator

row = wasm._row(0x240, "i32.avgr_u", wasm.imm.NONE, "i32 i32 -> i32")
wasm.ROWS += (row,)
wasm.BY_MNEMONIC[row.mnemonic] = row
OPERATORS["i32.avgr_u"] = Operator("i32", "avgr_u", "<{u}>((<uint64_t>{a} + {b} + 1) >> 1)", constant_left=True)
compared = wasm._row(0x241, "i32.same_parity", wasm.imm.NONE, "i32 i32 -> i32")
wasm.ROWS += (compared,)
wasm.BY_MNEMONIC[compared.mnemonic] = compared
OPERATORS["i32.same_parity"] = Operator(
    "i32", "same_parity", "({a} ^ {b}) % 2 == 0", compares=True, mirror="same_parity"
)

import dispatch, flat, forms, threaded, vector, verification
from wasmvm.isa.regop.rows import BY_NAME
from wasmvm.isa.threaded.forms import INSTRUCTIONS

for name in ("i32.avgr_u", "i32.avgr_u_rk", "i32.avgr_u_kr", "i32.same_parity", "i32.same_parity_rk"):
    assert f"op == {BY_NAME[name].enum_name}:" in dispatch.loop(""), name
    assert verification.rule_of(BY_NAME[name]) == "plain"
for name in ("br_if", "br_unless", "loop_br_if", "loop_br_unless", "loop_add_br_if"):
    assert f"{name}_i32.same_parity" in BY_NAME and f"{name}_i32.same_parity_rk" in BY_NAME, name
printed = threaded.handlers("")
assert "<uint32_t>((<uint64_t>(<uint32_t>fp[pc[2]].u64) + (<uint32_t>fp[pc[3]].u64) + 1) >> 1)" in dispatch.loop("")
assert sum(form.row.name == "i32.avgr_u" for form in INSTRUCTIONS[len(BY_NAME):]) == 6
assert "i8x16.avgr_u" in BY_NAME and "h_i32_avgr_u(" in printed
tables = forms._by_opcode()
assert tables["SHAPE"][0x240] == forms.SHAPES["binary"] and tables["FLOW"][0x240] == 0
assert tables["RR"][0x240] == BY_NAME["i32.avgr_u"].number
assert tables["RK"][0x240] == BY_NAME["i32.avgr_u_rk"].number
assert tables["KR"][0x240] == BY_NAME["i32.avgr_u_kr"].number
assert tables["MIRRORED"][0x241] == 0x241 and tables["MIRRORED"][0x240] == -1
branches = forms._by_regop()
number = BY_NAME["i32.same_parity"].number
assert branches["BR_IF"][number] == BY_NAME["br_if_i32.same_parity"].number
assert branches["BR_UNLESS"][number] == BY_NAME["br_unless_i32.same_parity"].number
flat.module(""), flat.signatures(""), vector.functions(""), verification.module(""), forms.module("")
print("done")
"""


def test_a_numeric_instruction_costs_a_row_in_each_table() -> None:
    done = subprocess.run([sys.executable, "-c", ONE_MORE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr
