"""Code that a translator from stack to registers gets wrong, executed and compared with wasmtime.

Each case is the text of functions; every export is called with every row of arguments of its length.
"""

from __future__ import annotations

from itertools import product

import pytest
import wasmtime

from tests import oracle
from tests.wat import wat2wasm
from wasmvm import Func, Instance, Module, Trap

VALUES = (0, 1, 2, 3, 7, -1, 0x7FFFFFFF, -0x80000000)
FEW = (0, 1, 5, -1)

CASES = {
    "a local set while its older value is on the stack": """
        (func (export "get, set") (param i32 i32) (result i32)
          local.get 0  local.get 1  local.set 0  local.get 0  i32.sub)
        (func (export "get, tee") (param i32 i32) (result i32)
          local.get 0  local.get 1  local.tee 0  i32.sub)
        (func (export "several copies") (param i32 i32) (result i32)
          local.get 0  local.get 0  local.get 0  local.get 1  local.set 0  i32.add  i32.mul  local.get 0  i32.sub)
        (func (export "computed from itself") (param i32 i32) (result i32)
          local.get 0  local.get 0  local.get 1  i32.add  local.tee 0  i32.sub  local.get 0  i32.xor)
        (func (export "swap") (param i32 i32) (result i32 i32)
          local.get 0  local.get 1  local.set 0  local.set 1  local.get 0  local.get 1)
        (func (export "rotate") (param i32 i32) (result i32 i32 i32) (local i32)
          i32.const 9  local.set 2  local.get 0  local.get 1  local.get 2  local.set 1  local.set 0  local.set 2
          local.get 0  local.get 1  local.get 2)
        (func (export "through a load") (param i32 i32) (result i32)
          local.get 0  local.get 1  i32.const 255  i32.and  i32.load offset=4  local.set 0  local.get 0  i32.add)
        (func (export "inside a block") (param i32 i32) (result i32)
          local.get 0  block  local.get 1  local.set 0  end  local.get 0  i32.sub)
        (func (export "inside nested blocks and a loop") (param i32 i32) (result i32)
          local.get 0  block  block  loop  local.get 1  i32.const 1  i32.add  local.set 0  end  end  end
          local.get 0  i32.sub)
        (func (export "in one arm") (param i32 i32) (result i32)
          local.get 0  local.get 1  if  i32.const 77  local.set 0  end  local.get 0  i32.sub)
        (func (export "in both arms") (param i32 i32) (result i32)
          local.get 0  local.get 1  if  i32.const 77  local.set 0  else  i32.const 88  local.set 0  end
          local.get 0  i32.sub)
        (func (export "condition of the if is the local") (param i32 i32) (result i32)
          local.get 0  local.get 0  if  i32.const 0  local.set 0  end  local.get 0  i32.sub)
        (func (export "after br_if") (param i32 i32) (result i32)
          block (result i32)  local.get 0  local.get 1  br_if 0  i32.const 5  local.set 0  local.get 0  i32.add  end)
        (func (export "tee of a constant") (param i32 i32) (result i32)
          local.get 0  i32.const 3  local.tee 0  local.get 0  i32.mul  i32.add  local.get 1  i32.add)
        (func (export "tee of the same local") (param i32 i32) (result i32)
          local.get 0  local.tee 0  local.get 1  local.set 0  local.get 0  i32.sub)
        (func (export "tee of another local") (param i32 i32) (result i32)
          local.get 0  local.tee 1  local.get 0  i32.const 1  i32.add  local.set 0  local.get 1  i32.add)
        (func (export "set by a call's result") (param i32 i32) (result i32)
          local.get 0  local.get 1  call $twice  local.set 0  local.get 0  i32.sub)
        (func $twice (param i32) (result i32) local.get 0  local.get 0  i32.add)""",
    "comparisons kept for a branch": """
        (func (export "local changes between compare and branch") (param i32 i32) (result i32)
          local.get 0  local.get 1  i32.lt_s  i32.const 99  local.set 0  if (result i32)  i32.const 1  else  local.get 0
          end)
        (func (export "preserved by the block itself") (param i32 i32) (result i32)
          local.get 0  local.get 0  local.get 1  i32.lt_s  if  i32.const 50  local.set 0  end  local.get 0  i32.sub)
        (func (export "tee of the condition") (param i32 i32) (result i32) (local i32)
          block  local.get 0  local.get 1  i32.lt_u  local.tee 2  br_if 0  i32.const 10  local.set 2  end  local.get 2)
        (func (export "tee into an operand of the condition") (param i32 i32) (result i32)
          block  local.get 0  local.get 1  i32.lt_u  local.tee 0  br_if 0  i32.const 10  local.set 1  end
          local.get 0  local.get 1  i32.add)
        (func (export "used twice") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  i32.eq  local.tee 2  if  i32.const 3  local.set 1  end  local.get 2  local.get 1
          i32.add)
        (func (export "eqz of eqz of a comparison") (param i32 i32) (result i32)
          local.get 0  local.get 1  i32.le_s  i32.eqz  i32.eqz  i32.eqz  if (result i32)  i32.const 4  else  i32.const 5
          end)
        (func (export "eqz of a comparison, widened") (param i32 i32) (result i32)
          local.get 0  local.get 1  i32.le_s  i64.extend_i32_u  i64.eqz  if (result i32)  i32.const 4  else  i32.const 5
          end)
        (func (export "eqz of a tee'd comparison") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  i32.gt_u  local.tee 2  i32.eqz  local.get 2  i32.const 10  i32.mul  i32.add)
        (func (export "a label between") (param i32 i32) (result i32)
          block (result i32)  i32.const 1  local.get 1  br_if 0  drop  local.get 0  local.get 1  i32.eq  end
          if (result i32)  i32.const 21  else  i32.const 22  end)
        (func (export "select on it") (param i32 i32) (result i32)
          local.get 0  local.get 1  local.get 0  local.get 1  i32.gt_s  select)
        (func (export "select, negated and kept") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  local.get 0  local.get 1  i32.gt_s  i32.eqz  local.tee 2  select
          local.get 2  i32.add)""",
    "results written straight into a local": """
        (func (export "block result") (param i32 i32) (result i32) (local i32)
          block (result i32)  local.get 0  local.get 1  i32.add  end  local.set 2  local.get 2  local.get 0  i32.xor)
        (func (export "block result with a branch to its end") (param i32 i32) (result i32) (local i32)
          block (result i32)  i32.const 70  local.get 1  br_if 0  drop  local.get 0  i32.const 1  i32.add  end
          local.set 2  local.get 2)
        (func (export "if result") (param i32 i32) (result i32) (local i32)
          local.get 1  if (result i32)  local.get 0  i32.const 3  i32.mul  else  local.get 0  i32.const 4  i32.mul  end
          local.set 2  local.get 2)
        (func (export "loop result") (param i32 i32) (result i32) (local i32)
          loop (result i32)  local.get 0  local.get 1  i32.mul  end  local.tee 2  local.get 2  i32.add)
        (func (export "a value below, not the last result") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  i32.add  local.get 0  local.get 1  i32.mul  drop  local.set 2  local.get 2)
        (func (export "set, then the same expression again") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  i32.add  local.set 2  local.get 2  local.get 2  i32.mul  local.set 2  local.get 2)
        (func (export "chain through two locals") (param i32 i32) (result i32) (local i32 i32)
          local.get 0  local.get 1  i32.sub  local.tee 2  local.tee 3  local.get 2  i32.add  local.get 3  i32.add)
        (func (export "return of the last result") (param i32 i32) (result i32)
          local.get 1  local.get 0  local.get 1  i32.sub  return)
        (func (export "result into slot 0 while slot 0 is an operand") (param i32 i32) (result i32)
          local.get 0  local.get 0  local.get 1  i32.sub  local.set 0  local.get 0  i32.mul)""",
    "br_if with values": """
        (func (export "one value, in place") (param i32 i32) (result i32)
          block (result i32)  local.get 0  local.get 1  br_if 0  i32.const 10  i32.add  end)
        (func (export "one value, above others") (param i32 i32) (result i32)
          block (result i32)  i32.const 100  local.get 0  local.get 1  br_if 0  i32.add  end)
        (func (export "two values, above others") (param i32 i32) (result i32)
          block (result i32 i32)  i32.const 1000  local.get 0  local.get 1  local.get 1  br_if 0
            i32.add  end  i32.sub)
        (func (export "constant values") (param i32 i32) (result i32)
          block (result i32 i32)  i32.const 1  i32.const 2  i32.const 3  local.get 0  br_if 0  drop  end  i32.sub)
        (func (export "two labels out") (param i32 i32) (result i32)
          i32.const 5  block (result i32)  i32.const 6  block (result i32)  local.get 0  local.get 0  br_if 1
            local.get 1  br_if 0  i32.const 2  i32.mul  end  i32.add  end  i32.add)
        (func (export "to the function's label") (param i32 i32) (result i32 i32)
          local.get 1  local.get 0  local.get 0  br_if 0  local.get 1  i32.add)
        (func (export "to the function's label, above others") (param i32 i32) (result i32)
          i32.const 40  local.get 1  local.get 0  br_if 0  i32.add)
        (func (export "values used when not taken") (param i32 i32) (result i32)
          block (result i32)  local.get 0  i32.const 1  i32.add  local.tee 0  local.get 1  br_if 0
            local.get 0  i32.mul  end)""",
    "br_table": """
        (func (export "without values") (param i32) (result i32)
          block  block  block  local.get 0  br_table 0 1 2 0 1  end  i32.const 10  return  end
          i32.const 20  return  end  i32.const 30)
        (func (export "no entries") (param i32) (result i32)
          block  local.get 0  br_table 0  end  i32.const 4)
        (func (export "with a value") (param i32) (result i32)
          block (result i32)  i32.const 1  block (result i32)  i32.const 2  block (result i32)
            i32.const 3  local.get 0  i32.const 100  i32.mul  local.get 0  br_table 0 1 2 1 0 2
          end  i32.add  end  i32.add  end)
        (func (export "with values, to the function too") (param i32) (result i32 i32)
          block (result i32 i32)  i32.const 50  local.get 0  local.get 0  i32.const 9  i32.mul  local.get 0
          br_table 0 1 0 1  end  i32.const 1000  i32.add)
        (func (export "back to a loop") (param i32) (result i32) (local i32)
          block  loop  local.get 1  i32.const 3  i32.add  local.set 1
            local.get 0  i32.const 1  i32.sub  local.tee 0  i32.const 2  i32.and  br_table 0 0 1  end  end
          local.get 1)
        (func (export "back to a loop with values") (param i32) (result i32) (local i32)
          i32.const 0  local.get 0  i32.const 7  i32.and
          loop (param i32 i32) (result i32)
            local.set 1  i32.const 1  i32.add  local.set 0
            block (result i32 i32)
              local.get 0  local.get 1  i32.const 1  i32.sub  local.get 1  i32.const 3  i32.lt_s  br_table 1 0
            end
            i32.mul
          end)
        (func (export "index from the stack, locals as values") (param i32) (result i32)
          block (result i32)  block (result i32)  local.get 0  local.get 0  i32.const 1  i32.add  br_table 0 1 0 1  end
          i32.const 1  i32.add  end)""",
    "parameters of blocks": """
        (func (export "block") (param i32 i32) (result i32)
          local.get 0  local.get 1  block (param i32 i32) (result i32)  i32.sub  end)
        (func (export "block that branches") (param i32 i32) (result i32)
          local.get 0  i32.const 8  block (param i32 i32) (result i32)  local.get 1  br_if 0  i32.mul  end
          local.get 0  i32.add)
        (func (export "loop") (param i32 i32) (result i32)
          i32.const 0  local.get 0  i32.const 15  i32.and
          loop (param i32 i32) (result i32)
            local.tee 0  i32.add  local.get 0  i32.const 1  i32.sub  local.tee 0  local.get 0  i32.const 0  i32.gt_s
            br_if 0  drop
          end)
        (func (export "loop, swapped each time") (param i32 i32) (result i32) (local i32 i32)
          i32.const 5  local.set 2  local.get 0  local.get 1
          loop (param i32 i32) (result i32 i32)
            local.set 0  local.set 1  local.get 0  local.get 1  i32.const 1  i32.add
            local.get 2  i32.const 1  i32.sub  local.tee 2  br_if 0
          end  i32.sub)
        (func (export "if") (param i32 i32) (result i32)
          local.get 0  local.get 1  local.get 0  if (param i32) (result i32)  i32.const 2  i32.mul
          else  i32.const 3  i32.add  end  i32.sub)
        (func (export "if without else") (param i32 i32) (result i32)
          local.get 0  local.get 1  if (param i32) (result i32)  i32.const 2  i32.mul  end)
        (func (export "if without else, constants") (param i32 i32) (result i32)
          i32.const 20  i32.const 3  local.get 0  local.get 1  i32.lt_s
          if (param i32 i32) (result i32 i32)  drop  local.get 0  end  i32.sub)
        (func (export "else after a dead arm") (param i32 i32) (result i32)
          local.get 0  local.get 1  if (param i32) (result i32)  return  else  i32.const 6  i32.add  end  i32.const 1
          i32.add)
        (func (export "local as parameter, changed inside") (param i32 i32) (result i32)
          local.get 0  block (param i32) (result i32)  local.get 1  local.set 0  local.get 0  i32.sub  end)""",
    "values beneath blocks": """
        (func (export "constant, local, result") (param i32 i32) (result i32)
          i32.const 3  local.get 0  local.get 0  local.get 1  i32.add
          block  local.get 1  br_if 0  i32.const 11  local.set 0  end
          i32.mul  i32.sub  local.get 0  i32.add)
        (func (export "left by a branch") (param i32 i32) (result i32)
          i32.const 3  block (result i32)  i32.const 4  i32.const 5  i32.const 6  local.get 0  br_if 0  drop  drop
          local.get 1  i32.add  end  i32.mul)
        (func (export "beneath an if, condition fused") (param i32 i32) (result i32)
          local.get 0  i32.const 9  local.get 0  local.get 1  i32.ne  if  local.get 0  i32.const 4  i32.mul  local.set 0
          end  local.get 0  i32.add  i32.sub)
        (func (export "beneath a loop that changes all locals") (param i32 i32) (result i32) (local i32)
          local.get 0  local.get 1  local.get 2
          loop  local.get 2  i32.const 1  i32.add  local.tee 2  local.set 0  local.get 2  local.set 1
            local.get 2  i32.const 4  i32.lt_s  br_if 0  end
          i32.sub  i32.sub  local.get 0  i32.add)""",
    "returns in another order": """
        (func (export "swapped") (param i32 i32) (result i32 i32)  local.get 1  local.get 0)
        (func (export "doubled") (param i32 i32) (result i32 i32 i32)  local.get 1  local.get 1  local.get 0)
        (func (export "constants among them") (param i32 i32) (result i32 i32 i32)
          i32.const 7  local.get 0  i32.const 8)
        (func (export "early") (param i32 i32) (result i32 i32)
          local.get 0  if  i32.const 1  local.get 1  local.get 0  return  end  local.get 1  local.get 0)
        (func (export "wide constant") (param i32 i32) (result i64)  i64.const 0x123456789abcdef0)
        (func (export "negative constant") (param i32 i32) (result i64)  i64.const -1)
        (func (export "narrow constant") (param i32 i32) (result i32)  i32.const -1)
        (func (export "float constant") (param i32 i32) (result f64)  f64.const -0x1.8p-3)
        (func (export "of a call") (param i32 i32) (result i32 i32)  local.get 0  local.get 1  call $swap)
        (func $swap (param i32 i32) (result i32 i32)  local.get 1  local.get 0)
        (func (export "of a call, rearranged") (param i32 i32) (result i32 i32)
          local.get 0  local.get 1  call $swap  local.set 1  local.set 0  local.get 1  local.get 0)""",
    "constants on either side": """
        (func (export "sub") (param i32) (result i32)  i32.const 10  local.get 0  i32.sub)
        (func (export "shl") (param i32) (result i32)  i32.const 3  local.get 0  i32.shl)
        (func (export "rotl") (param i32) (result i32)  i32.const 0x80000001  local.get 0  i32.rotl)
        (func (export "div") (param i32) (result i32)  i32.const 100  local.get 0  i32.div_s)
        (func (export "rem") (param i32) (result i32)  i32.const 100  local.get 0  i32.rem_u)
        (func (export "lt") (param i32) (result i32)  i32.const 2  local.get 0  i32.lt_s)
        (func (export "ge_u branch") (param i32) (result i32)
          i32.const 2  local.get 0  i32.ge_u  if (result i32)  i32.const 1  else  i32.const 0  end)
        (func (export "both") (param i32) (result i32)  i32.const 9  i32.const 4  i32.sub  local.get 0  i32.add)
        (func (export "both, compared") (param i32) (result i32)
          i32.const 9  i32.const 4  i32.lt_s  if (result i32)  i32.const 1  else  local.get 0  end)
        (func (export "wide") (param i32) (result i64)
          i64.const 0x100000000  local.get 0  i64.extend_i32_s  i64.sub  i64.const -0x8000000000000000  i64.xor)
        (func (export "wide on the left of a shift") (param i32) (result i64)
          i64.const 0x8000000000000001  local.get 0  i64.extend_i32_u  i64.shr_s)
        (func (export "computed right of a constant") (param i32) (result i32)
          i32.const 1000  local.get 0  local.get 0  i32.mul  i32.rem_s)
        (func (export "select of constants") (param i32) (result i32)  i32.const 5  i32.const 6  local.get 0  select)
        (func (export "select on a constant") (param i32) (result i32)  local.get 0  i32.const 6  i32.const 0  select)
        (func (export "br_if on a constant") (param i32) (result i32)
          block  i32.const 1  br_if 0  i32.const 9  local.set 0  end  local.get 0)
        (func (export "if on a constant") (param i32) (result i32)
          i32.const 0  if (result i32)  i32.const 1  else  local.get 0  end)
        (func (export "float add") (param i32) (result f64)
          f64.const 0.5  local.get 0  f64.convert_i32_s  f64.add)
        (func (export "float compare") (param i32) (result i32)
          f64.const 0.5  local.get 0  f64.convert_i32_s  f64.lt)""",
    "addresses and stored constants": """
        (func (export "constant address") (param i32) (result i32)  i32.const 8  local.get 0  i32.store offset=4
          i32.const 12  i32.load)
        (func (export "the last byte") (param i32) (result i32)  i32.const 65535  local.get 0  i32.store8
          i32.const 65500  i32.load8_u offset=35)
        (func (export "one beyond the last") (param i32) (result i32)  i32.const 65535  i32.load16_u offset=0)
        (func (export "near 2^32") (param i32) (result i32)  i32.const -1  i32.load offset=0)
        (func (export "near 2^32 with offset") (param i32) (result i32)  i32.const -4  i32.load offset=4)
        (func (export "largest of both") (param i32) (result i32)  i32.const -1  i32.load8_u offset=0xffffffff)
        (func (export "store at the largest of both") (param i32)
          i32.const -1  i32.const 1  i32.store8 offset=0xffffffff)
        (func (export "local and large offset") (param i32) (result i32)  local.get 0  i32.load8_u offset=0xffffffff)
        (func (export "store constants") (param i32) (result i64 i64)
          local.get 0  i32.const 31  i32.and  local.tee 0  i64.const 0x8877665544332211  i64.store offset=16
          i32.const 40  i32.const -2  i32.store16
          local.get 0  i64.const -3  i64.store32 offset=44
          i32.const 52  f32.const -1.5  f32.store
          local.get 0  i64.load offset=16  i32.const 40  i64.load)
        (func (export "store a local at itself") (param i32) (result i32)
          local.get 0  i32.const 1023  i32.and  local.tee 0  local.get 0  i32.store  local.get 0  i32.load)
        (func (export "load into its own address") (param i32) (result i32)
          local.get 0  i32.const 60  i32.and  local.set 0  local.get 0  i32.load offset=4  local.set 0  local.get 0)""",
    "locals that are zero": """
        (func (export "never set") (param i32) (result i32) (local i32 i64 f64)  local.get 1)
        (func (export "set later in a loop") (param i32) (result i32) (local i32 i32)
          loop  local.get 2  local.get 1  i32.add  local.set 2  i32.const 7  local.set 1
            local.get 0  i32.const 1  i32.sub  local.tee 0  i32.const 3  i32.and  br_if 0  end  local.get 2)
        (func (export "set in one arm") (param i32) (result i32) (local i32)
          local.get 0  if  i32.const 4  local.set 1  end  local.get 1)
        (func (export "set in the other arm") (param i32) (result i32) (local i32)
          local.get 0  if  else  i32.const 4  local.set 1  end  local.get 1)
        (func (export "set in both arms") (param i32) (result i32) (local i32)
          local.get 0  if  i32.const 3  local.set 1  else  i32.const 4  local.set 1  end  local.get 1)
        (func (export "set after a branch") (param i32) (result i32) (local i32)
          block  local.get 0  br_if 0  i32.const 4  local.set 1  end  local.get 1)
        (func (export "set after a br_table") (param i32) (result i32) (local i32)
          block  block  local.get 0  br_table 0 1  end  i32.const 4  local.set 1  end  local.get 1)
        (func (export "set in dead code") (param i32) (result i32) (local i32)
          block  br 0  i32.const 4  local.set 1  end  local.get 1)
        (func (export "every second one") (param i32) (result i32) (local i32 i32 i32 i32 i32)
          i32.const 1  local.set 1  i32.const 2  local.set 3  i32.const 3  local.set 5
          local.get 2  local.get 4  i32.add  local.get 1  i32.add  local.get 3  i32.add  local.get 5  i32.add)
        (func (export "after garbage was left in the frame") (param i32) (result i32)
          i32.const -1  i32.const -1  i32.const -1  i32.const -1  call $garbage  drop  call $reads_zero)
        (func $garbage (param i32 i32 i32 i32) (result i32) (local i32 i32 i32)
          i32.const -1  local.set 4  i32.const -1  local.set 5  i32.const -1  local.set 6
          local.get 4  local.get 5  local.get 6  i32.add  i32.add)
        (func $reads_zero (result i32) (local i32 i32 i32 i32 i32)
          local.get 0  local.get 1  local.get 2  local.get 3  local.get 4  i32.add  i32.add  i32.add  i32.add)""",
    "dead code": """
        (func (export "polymorphic stack") (param i32) (result i32)
          block (result i32)  local.get 0  br 0  i32.add  i32.add  drop  i32.const 4  end)
        (func (export "blocks in it") (param i32) (result i32)
          local.get 0  return  block (result i32)  i32.const 1  loop  br 0  end  end  if  else  end  i32.const 5)
        (func (export "an if whose arms both leave") (param i32) (result i32)
          local.get 0  if  i32.const 1  return  else  i32.const 2  return  end  i32.const 3)
        (func (export "branch out of a loop from dead code") (param i32) (result i32)
          block (result i32)  loop (result i32)  i32.const 6  br 1  end  end  local.get 0  i32.add)
        (func (export "br_table then code") (param i32) (result i32)
          block  local.get 0  br_table 0 0  i32.const 1  i32.const 2  i32.add  drop  end  local.get 0)""",
}


def module_text(functions: str) -> str:
    return f"(module (memory 1) {functions})"


@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    binary = wat2wasm(module_text(CASES[case]))
    instance, expected = Instance(Module(binary)), oracle.Instance(binary)
    calls = 0
    for name, call in instance.exports.items():
        assert isinstance(call, Func)
        count = len(call.type.params)
        for args in product(VALUES if count < 2 else FEW, repeat=count):
            want = expected.call(name, *args)
            got: object
            try:
                got = call(*args)
            except Trap as trap:
                got = trap.code
            assert got == (tuple(want) if isinstance(want, list) else want), f"{name}{args}"
            calls += 1
    assert calls


DIRTY = """(module (import "host" "minus_one" (func $minus_one (result i32)))
  (memory 1) (global $g (mut i32) (i32.const 0)) (table 3 funcref)
  (data (i32.const 0) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff")
  (func $byte (param i32) (result i32)  local.get 0  i32.load8_u)
  (func $table (param i32) (result funcref)  local.get 0  table.get 0)
  (func (export "wrap") (param i64) (result i32)  local.get 0  i32.wrap_i64  i32.load8_u)
  (func (export "wrap of a constant") (result i32)  i64.const 0x500000003  i32.wrap_i64  i32.load8_u)
  (func (export "wrap of a sum") (param i64) (result i32)
    local.get 0  i64.const 0x700000000  i64.add  i32.wrap_i64  i32.load8_u)
  (func (export "wrap into a call") (param i64) (result i32)  local.get 0  i32.wrap_i64  call $byte)
  (func (export "wrap, then compare") (param i64) (result i32)  local.get 0  i32.wrap_i64  i32.eqz)
  (func (export "wrap, then branch") (param i64) (result i32)
    local.get 0  i32.wrap_i64  if (result i32)  i32.const 1  else  i32.const 2  end)
  (func (export "wrap, then br_table") (param i64) (result i32)
    block  block  local.get 0  i32.wrap_i64  br_table 0 1  end  i32.const 1  return  end  i32.const 2)
  (func (export "wrap, then select") (param i64) (result i32)
    i32.const 1  i32.const 2  local.get 0  i32.wrap_i64  select)
  (func (export "wrap, then extend") (param i64) (result i64)  local.get 0  i32.wrap_i64  i64.extend_i32_u)
  (func (export "wrap, then store and load") (param i64) (result i64)
    i32.const 64  local.get 0  i32.wrap_i64  i32.store  i64.const -1  i64.const 0  i64.mul  i32.const 64  i64.load
    i64.add)
  (func (export "wrap to a global") (param i64) (result i64)
    local.get 0  i32.wrap_i64  global.set $g  global.get $g  i64.extend_i32_u)
  (func (export "wrap, table index") (param i64) (result i32)  local.get 0  i32.wrap_i64  table.get 0  ref.is_null)
  (func (export "load8_s, then an address") (result i32)  i32.const 0  i32.load8_s  i32.const 10  i32.add  i32.load8_u)
  (func (export "load8_s as address") (result i32)  i32.const 0  i32.load8_s  i32.load8_u)
  (func (export "load16_s, then extend") (result i64)  i32.const 0  i32.load16_s  i64.extend_i32_u)
  (func (export "extend8_s, then extend") (param i32) (result i64)  local.get 0  i32.extend8_s  i64.extend_i32_u)
  (func (export "shr_s, then extend") (param i32) (result i64)
    local.get 0  i32.const 1  i32.shr_s  i64.extend_i32_u)
  (func (export "sub, then extend") (param i32) (result i64)  i32.const 0  local.get 0  i32.sub  i64.extend_i32_u)
  (func (export "div_s, then extend") (param i32) (result i64)
    local.get 0  i32.const -1  i32.xor  i32.const 3  i32.div_s  i64.extend_i32_u)
  (func (export "trunc, then extend") (param f64) (result i64)  local.get 0  i32.trunc_f64_s  i64.extend_i32_u)
  (func (export "trunc_sat, then extend") (param f64) (result i64)  local.get 0  i32.trunc_sat_f64_s  i64.extend_i32_u)
  (func (export "reinterpret, then extend") (param f32) (result i64)
    local.get 0  f32.neg  i32.reinterpret_f32  i64.extend_i32_u)
  (func (export "select of both, then an address") (param i64) (result i32)
    local.get 0  i32.wrap_i64  i32.const 70000  local.get 0  i64.const 0x100000010  i64.lt_u  select  i32.load8_u)
  (func (export "host result") (result i64)  call $minus_one  i64.extend_i32_u)
  (func (export "host result, then an address") (result i32)  call $minus_one  i32.const 3  i32.add  i32.load8_u)
  (func (export "negative argument") (param i32) (result i64)  local.get 0  i64.extend_i32_u)
  (func (export "negative constant") (result i64)  i32.const -1  i64.extend_i32_u)
  (func (export "grow failed") (result i64)  i32.const 65536  memory.grow  i64.extend_i32_u)
  (func (export "table.grow failed") (result i64)  ref.null func  i32.const -1  table.grow 0  i64.extend_i32_u)
  (func (export "clz, then an address") (param i32) (result i32)  local.get 0  i32.clz  i32.load8_u)
  (func (export "rotl, then extend") (param i32) (result i64)
    local.get 0  i32.const 17  i32.rotl  i64.extend_i32_u))"""
"""Every route by which an i32 could come to have a dirty upper half, used as address, index, condition or u64."""


def test_upper_half_of_i32_is_never_seen() -> None:
    binary = wat2wasm(DIRTY)
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    host = wasmtime.Func(store, wasmtime.FuncType([], [wasmtime.ValType.i32()]), lambda: -1)
    expected = wasmtime.Instance(store, wasmtime.Module(engine, binary), [host]).exports(store)
    instance = Instance(Module(binary), {"host": {"minus_one": lambda: -1}})
    rows = {
        "(func (param i64) (result i32))": (0, 1, 2, 0x100000000, 0x100000001, 0x7FFFFFFF00000002, -1, -0x100000000),
        "(func (param i64) (result i64))": (0, 1, 0x100000001, -1, -0x100000000, 0x7FFFFFFF80000000),
        "(func (param i32) (result i64))": (0, 1, -1, 127, 128, -128, 0x7FFFFFFF, -0x80000000),
        "(func (param i32) (result i32))": (0, 1, -1),
        "(func (param f64) (result i64))": (-1.0, 1.0, -2147483648.0, -5e9),
        "(func (param f32) (result i64))": (-1.0, 1.0, 0.0),
    }
    for name, call in instance.exports.items():
        assert isinstance(call, Func)
        for args in [()] if not call.type.params else [(value,) for value in rows[str(call.type)]]:
            want: object
            got: object
            function = expected[name]
            assert isinstance(function, wasmtime.Func)
            try:
                want = function(store, *args)
            except wasmtime.Trap as trap:
                want = oracle.trap_code(trap)
            try:
                got = call(*args)
            except Trap as trap:
                got = trap.code
            assert got == want, f"{name}{args}"
