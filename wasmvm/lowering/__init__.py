"""Lowering: from a validated body to register code.

`body.lower` is the entry; `context.Context` is what it knows of a module. One object, a `body.Body`, lowers one body
after another. Its class is the last of a line, one class to a file, so that all of them are one C structure and their
methods call each other directly (one `cdef class`; parts of it that hold each other would cost a load at every access):

| class, file | what it adds |
| --- | --- |
| `Code`, `code` | the words being written, labels, the table of byte offsets, the budget |
| `Operands`, `operands` | the abstract operand stack, on top of the code that it writes |
| `Reading`, `reading` | the bytes of the body: immediates, block types, locals and their slots |
| `Clauses`, `clauses` | the table of catch clauses |
| `Aggregates`, `aggregates` | rules: structures, arrays, casts |
| `Plain`, `plain` | rules: all other instructions after which the next one follows |
| `Control`, `control` | rules: blocks, branches, exceptions, calls; the control stack |
| `Body`, `body` | the pass over a body: which instruction has which rule; fuel; the result |

After that, `accumulator` goes over the finished code for the threaded back end. `disasm` shows code, `verify` decides
whether code from a file may run.

Names of parameters and local variables mean the same in all of these files:

- `op`: a WebAssembly opcode as `isa.wasm` numbers it (`OP_...`), or where an instruction is written, the number of a
  register instruction (`R_...`).
- `start`: the byte offset in the module of the instruction that is lowered: where a trap is said to be.
- `i`, `height`, `first`: places on the operand stack, counted in operands from its bottom; `h` is its height.
- `k`: a block, as its place on the control stack from the outermost one, 0, which is the body itself.
- `slot`, `dst`, `src`, `base`, `local`, `a`, `b`, `c`: slots of 8 bytes, counted from the beginning of the frame.
- `width`: slots that a value takes, 1, or 2 for a v128. (Of a field in memory: the logarithm of its bytes.)
- `bits`: a constant's 64 bits, zero-extended.
- `n`, `label`, `target`, `last`, `before`: positions in the code, in words of 32 bits; labels are explained in `Code`.
- `type_`: a block type, as `Reading` explains.

Methods return 0 where they have nothing to say: a C function can then tell its caller of an exception.
"""
