"""Faults that no test can notice, and why."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """A fault that changes nothing that anybody can observe. It is named by its content, as `Fault.content` is, so that it is
    still known when it stands elsewhere in its file; where its lines have changed, it has to be looked at again.
    """

    path: str
    scope: str
    context: str
    before: str
    after: str
    reason: str
    turn: int = 0

    @property
    def content(self) -> tuple[str, str, str, str, str, int]:
        return (self.path, self.scope, self.context, self.before, self.after, self.turn)


KNOWN: tuple[Known, ...] = (
    Known(
        "wasmvm/text/lexer.py",
        "Lexer.check",
        "self.first_bad_escape = -1",
        "self.first_bad_escape = -1",
        "pass",
        "A lexer checks its text once, and is made with this value.",
    ),
    Known(
        "wasmvm/quoting.py",
        "",
        "TYPE_CHECKING = False",
        "False",
        "(True)",
        "What is imported for type checkers exists, and makes a start a little longer.",
    ),
    Known(
        "wasmvm/validation/stacks.py",
        "Stacks.__init__",
        "self.expanded = 0",
        "self.expanded = 0",
        "pass",
        "Every body sets it to its number of locals before one is read, and constant expressions have none.",
    ),
    Known(
        "wasmvm/validation/stacks.py",
        "Stacks.__init__",
        "self.reset()",
        "self.reset()",
        "pass",
        "Every body and every constant expression begins with a reset; this one is for those who read the class.",
    ),
    Known(
        "wasmvm/wasi/preview1/abi.py",
        "",
        '"clock_res_get": Row("clock", "id:clockid resolution:>u64", short=True, unstable=True),',
        "True",
        "(False)",
        "A function that never waits does the same where it is called as one that may, a little slower.",
    ),
    Known(
        "wasmvm/machine/driver/stacks.pxi",
        "give_execution",
        "return 0",
        "return 0",
        "return 1",
        "Declared `except -1`, and its callers look at nothing else of the result.",
    ),
    Known(
        "wasmvm/machine/store/instance.pxi",
        "Instance.change",
        "return 0",
        "return 0",
        "return 1",
        "Declared `except -1`, and its callers look at nothing else of the result.",
    ),
    Known(
        "wasmvm/machine/store/image.pxi",
        "image_of",
        "cdef bint sealed = False",
        "cdef bint sealed = False",
        "cdef bint sealed = True",
        "Cython wants a value; `finally` gives it another one before it is read.",
    ),
    Known(
        "wasmvm/machine/driver/stacks.pxi",
        "let_rest",
        "x.now.outer = NULL",
        "x.now.outer = NULL",
        "pass",
        "The outermost call has set it to NULL, one that was inside has given it back, and in a new execution all is zero.",
    ),
    Known(
        "wasmvm/machine/loop/numeric.pxi",
        "imm_f32",
        "memcpy(&value, p, 4)",
        "memcpy(&value, p, 4)",
        "memcpy(&value, p, 5)",
        "Code goes on after an immediate, and the byte beyond the local is nobody's as compilers lay it out; sanitizers tell.",
    ),
    Known(
        "wasmvm/machine/printed/_core_vector.pxi",
        "v_i8x16_shr_s",
        "memcpy(&x, a, 16)",
        "memcpy(&x, a, 16)",
        "memcpy(&x, a, 17)",
        "The byte beyond the local is the result's, which is written afterwards, or nobody's; sanitizers tell.",
    ),
    Known(
        "wasmvm/machine/driver/collector.pxi",
        "make_room",
        "if (<Store>x.store.owner).stress_ or heap.threshold < heap.allocated + wanted:",
        "if (<Store>x.store.owner).stress_ or heap.threshold < heap.allocated + wanted:",
        "if (<Store>x.store.owner).stress_ or heap.threshold < heap.allocated - wanted:",
        "After a collection there is headroom for as much as is allocated; where more is wanted, the difference wraps around to a number above any threshold.",
    ),
    Known(
        "wasmvm/machine/loop/aggregates.pxi",
        "new_object",
        "if size < LARGE_OBJECT:",
        "if size < LARGE_OBJECT:",
        "if False:",
        "`calloc` gives the same, a little slower where objects are small.",
    ),
    Known(
        "wasmvm/machine/printed/_core_vector.pxi",
        "v_i8x16_eq",
        "memcpy(&x, a, 16)",
        "memcpy(&x, a, 16)",
        "memcpy(&x, a, 17)",
        "The byte beyond the local is the result's, which is written afterwards, or nobody's; sanitizers tell.",
        0,
    ),
    Known(
        "wasmvm/machine/driver/stacks.pxi",
        "let_rest",
        "x.now.pc = done_code",
        "x.now.pc = done_code",
        "pass",
        "Only the checking build looks where an execution is in which nothing runs.",
        0,
    ),
    Known(
        "wasmvm/machine/store/signature.pxi",
        "signature_of",
        "SIGNATURES[found.type] = PyWeakref_NewRef(found, None)",
        "SIGNATURES[found.type] = PyWeakref_NewRef(found, None)",
        "pass",
        "Without the entry the signature is found by its type, a little later.",
        0,
    ),
    Known(
        "wasmvm/machine/driver/pieces.pxi",
        "move_some",
        "if is_over(store, until):",
        "if is_over(store, until):",
        "if True:",
        "It comes back after each piece, not only when it is time to look around: what it does next is the same.",
        0,
    ),
    Known(
        "wasmvm/machine/driver/stacks.pxi",
        "release_execution",
        "memset(x, 0, <char*>&x.handlers - <char*>x)",
        "memset(x, 0, <char*>&x.handlers - <char*>x)",
        "memset(x, 1, <char*>&x.handlers - <char*>x)",
        "What is read of an execution is written before: by `let_rest`, `acquire_execution`, and when a call begins.",
        0,
    ),
    Known(
        "wasmvm/machine/store/instance.pxi",
        "Instance.evaluate",
        "x.expr_end = func.code + len(code)",
        "x.expr_end = func.code + len(code)",
        "x.expr_end = func.code - len(code)",
        "Only the checking build reads it.",
        0,
    ),
    Known(
        "wasmvm/machine/driver/collector.pxi",
        "mark_all",
        "if give_up(c, 1 + end):",
        "if give_up(c, 1 + end):",
        "if give_up(c, 0 + end):",
        "A step more or less before a look around.",
        0,
    ),
    Known(
        "wasmvm/machine/printed/_core_run.pxi",
        "run.R_LOOP_BR_UNLESS_F64_LE_RK",
        "budget -= 1",
        "budget -= 1",
        "budget -= 2",
        "Loops pay twice, and the driver is asked twice as often.",
        0,
    ),
    Known(
        "wasmvm/machine/driver/execution.pxi",
        "call_wasm",
        "drive(x, EXIT_BUDGET if x.budget < 0 else enter_loop(x))",
        "drive(x, EXIT_BUDGET if x.budget < 0 else enter_loop(x))",
        "drive(x, EXIT_BUDGET if x.budget < 1 else enter_loop(x))",
        "A call that may still take its last unit asks the driver before it, not after.",
        0,
    ),
    Known(
        "wasmvm/machine/printed/_core_run.pxi",
        "run.R_CALL_IMPORT",
        "if unlikely(budget < 0):",
        "if unlikely(budget < 0):",
        "if unlikely(budget <= 0):",
        "The driver is asked one unit earlier.",
        0,
    ),
    Known(
        "wasmvm/wasi/preview1/abi.py",
        "",
        '"fd_prestat_get": Row("fd_dir", "fd:fd buf:>prestat", short=True, unstable=True),',
        "True",
        "(False)",
        "A function that never waits does the same where it is called as one that may, a little slower.",
        0,
    ),
    Known(
        "wasmvm/lowering/code.py",
        "Code.emit_copy",
        "return 0",
        "0",
        "(1)",
        "Declared `except -1`, and its callers look at nothing else of the result.",
        0,
    ),
    Known(
        "wasmvm/wasi/preview1/function.py",
        "unstable_function",
        "return body",
        "return body",
        "return None",
        "Nobody calls the functions of WASI by their names in the modules: the tables have them.",
        0,
    ),
    Known(
        "wasmvm/validation/occurrences.py",
        "Occurrences.__init__",
        "self.look = 0",
        "0",
        "(1)",
        "The first look around is a byte later.",
        0,
    ),
    Known(
        "wasmvm/cli/convert.py",
        "write_output",
        "sys.stdout.flush()",
        "sys.stdout.flush()",
        "pass",
        "Nothing was printed before; it is for those who call `main` after printing.",
        0,
    ),
    Known(
        "wasmvm/text/lexer.py",
        "open_text",
        "source[begin : end if end > begin else begin + _PIECE].decode()",
        "begin + _PIECE",
        "(begin - _PIECE)",
        "Either range begins with what is malformed, which alone is named.",
        0,
    ),
    Known(
        "wasmvm/text/lexer.py",
        "Lexer._run",
        'match = _RUN.match(self.source[position : position + 160].decode(errors="ignore"))',
        "self.source[position:position + 160]",
        "(self.source[position:])",
        "A message quotes what is cut elsewhere, and takes longer for a long line.",
        0,
    ),
    Known(
        "wasmvm/cli/main.py",
        "_reserve_standard_descriptors",
        "for descriptor in range(3):",
        "3",
        "(4)",
        "A fourth descriptor is kept from being reused, which nobody meets.",
        0,
    ),
)
