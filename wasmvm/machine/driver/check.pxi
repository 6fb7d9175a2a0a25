# The checking build (`WASMVM_CHECK=1`, docs/invariants.md "The checking build"): what must hold when the loop begins and
# ends, and of every object that the collector or Python meets. In other builds CHECKS is 0 and all of it is left out.

cdef extern from "Python.h":
    void Py_FatalError(const char*) noexcept nogil

CHECKS = bool(WVM_CHECKS)

cdef enum:
    FRAMES_CHECKED = 6  # innermost ones, at each entry and exit


cdef void must(bint holds, const char* what) noexcept nogil:
    if not holds:
        Py_FatalError(what)


cdef int32_t frame_size_at(const execution_t* x, inst_t* inst, const int32_t* pc) noexcept nogil:
    """Slots of the frame of the function whose code this is; 0 for code of no function, -1 if it is not code."""
    cdef int64_t steps = 0
    cdef int32_t index
    if pc == done_code or pc == return_code or pc == leave_instance_code or (x.expr <= pc < x.expr_end):
        return 0
    if inst == NULL:
        return -1
    index = function_at(inst, pc, &steps)
    return inst.funcs[index].frame_size if index >= 0 else -1


cdef void check_execution(execution_t* x, int reason) noexcept nogil:
    """At an entry of the loop (`reason` is 0) and at its exits."""
    cdef inst_t* inst = x.now.inst
    cdef slot* fp = x.now.fp
    cdef frame_t* frame = x.now.frame
    cdef int32_t size = frame_size_at(x, inst, x.now.pc)
    cdef int i
    must(size >= 0, "invariant: pc is in code of the instance that runs")
    must(x.stack <= fp <= x.stack_end, "invariant: fp is within the value stack")
    must(x.stack <= x.now.top <= x.stack_end + 1, "invariant: top is within the value stack")
    must(x.frames <= frame, "invariant: the frame stack is not below its beginning")
    must(x.budget <= SLICE, "invariant: the budget is at most a slice")
    if reason != TRAP_CALL_STACK_EXHAUSTED and reason != EXIT_LOWER and reason != EXIT_DONE:
        must(fp + size <= x.stack_end, "invariant: the frame ends within the value stack")
    if reason == EXIT_HOST:
        must(x.now.callee != NULL and x.now.callee.inst == NULL, "invariant: the function that is called is the host's")
        must(fp <= x.now.base and x.now.base + x.now.callee.frame_size <= x.stack_end, "invariant: the arguments are in the frame")
    elif reason == EXIT_COLLECT:
        must(0 <= x.now.pc[2] <= size or size == 0, "invariant: what an allocation spares is in the frame")
    for i in range(FRAMES_CHECKED):
        if reason == EXIT_DONE or frame == x.frames:
            break
        frame -= 1
        if frame.pc == done_code:
            break
        if frame.pc == leave_instance_code:
            inst = <inst_t*>frame.fp
            continue
        must(x.stack <= frame.fp <= fp, "invariant: frames lie in order")
        must(frame_size_at(x, inst, frame.pc - 1) >= 0, "invariant: a frame returns into code of its instance")
        fp = frame.fp


cdef inline int enter_loop(execution_t* x) noexcept nogil:
    """`run`, which nothing else calls."""
    cdef int reason
    if WVM_CHECKS:
        check_execution(x, 0)
    reason = run(x)
    if WVM_CHECKS:
        check_execution(x, reason)
    return reason


cdef inline void check_object(const object_t* o) noexcept nogil:
    if WVM_CHECKS:
        must(o.type != NULL, "invariant: an object that is referred to was not freed")
        must(KIND_STRUCT <= o.type.kind <= KIND_EXN, "invariant: an object has a type of objects")


def break_invariant(Store store not None, str what not None):
    """In the checking build, for its test: break what it looks at, and look. InternalError in others."""
    cdef execution_t* x = execution_of(store)
    cdef object_t blank
    memset(&blank, 0, sizeof(blank))
    if not WVM_CHECKS:
        raise InternalError("wasmvm was not built with WASMVM_CHECK=1")
    if what == "pc":
        x.now.pc = <int32_t*>&blank
    elif what == "fp":
        x.now.fp = x.stack_end + 1
    elif what == "top":
        x.now.top = x.stack - 1
    elif what == "frame":
        x.now.frame = x.frames - 1
    elif what == "budget":
        x.budget = SLICE + 1
    elif what == "order":
        x.now.frame.pc = return_code
        x.now.frame.fp = x.now.fp + 1
        x.now.frame += 1
    elif what == "object":
        check_object(&blank)
    check_execution(x, 0)
