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


cdef int32_t frame_size_at(const machine_t* m, inst_t* inst, const int32_t* pc) noexcept nogil:
    """Slots of the frame of the function whose code this is; 0 for code of no function, -1 where it is none at all."""
    cdef lowered_t* lowered
    cdef int32_t i
    if pc == done_code or pc == return_code or pc == leave_instance_code or (m.expr <= pc < m.expr_end):
        return 0
    if inst == NULL:
        return -1
    if inst.stubs <= pc < inst.stubs + 2 * inst.defined:
        return inst.funcs[(pc - inst.stubs) // 2].frame_size
    for i in range(inst.defined):
        lowered = &inst.lowered[i]
        if holds(lowered, pc):
            return lowered.parts.frame_size
    return -1


cdef void check_machine(machine_t* m, int reason) noexcept nogil:
    """At an entry of the loop (`reason` is 0) and at its exits."""
    cdef inst_t* inst = m.inst
    cdef slot* fp = m.fp
    cdef frame_t* frame = m.frame
    cdef int32_t size = frame_size_at(m, inst, m.pc)
    cdef int i
    must(size >= 0, "invariant: pc is in code of the instance that runs")
    must(m.stack <= fp <= m.stack_end, "invariant: fp is within the value stack")
    must(m.stack <= m.top <= m.stack_end + 1, "invariant: top is within the value stack")
    must(m.frames <= frame, "invariant: the frame stack is not below its beginning")
    must(m.budget <= SLICE, "invariant: the budget is at most a slice")
    if reason != TRAP_CALL_STACK_EXHAUSTED and reason != EXIT_LOWER and reason != EXIT_DONE:
        must(fp + size <= m.stack_end, "invariant: the frame ends within the value stack")
    if reason == EXIT_HOST:
        must(m.callee != NULL and m.callee.inst == NULL, "invariant: the function that is called is the host's")
        must(fp <= m.base and m.base + m.callee.frame_size <= m.stack_end, "invariant: the arguments are in the frame")
    elif reason == EXIT_COLLECT:
        must(0 <= m.pc[2] <= size or size == 0, "invariant: what an allocation spares is in the frame")
    for i in range(FRAMES_CHECKED):
        if reason == EXIT_DONE or frame == m.frames:
            break
        frame -= 1
        if frame.pc == done_code:
            break
        if frame.pc == leave_instance_code:
            inst = <inst_t*>frame.fp
            continue
        must(m.stack <= frame.fp <= fp, "invariant: frames lie in order")
        must(frame_size_at(m, inst, frame.pc - 1) >= 0, "invariant: a frame returns into code of its instance")
        fp = frame.fp


cdef inline int enter_loop(machine_t* m) noexcept nogil:
    """`run`, which nothing else calls."""
    cdef int reason
    if WVM_CHECKS:
        check_machine(m, 0)
    reason = run(m)
    if WVM_CHECKS:
        check_machine(m, reason)
    return reason


cdef inline void check_object(const object_t* o) noexcept nogil:
    if WVM_CHECKS:
        must(o.type != NULL, "invariant: an object that is referred to was not freed")
        must(KIND_STRUCT <= o.type.kind <= KIND_EXN, "invariant: an object has a type of objects")


def break_invariant(Store store not None, str what not None):
    """In the checking build, for its test: break what it looks at, and look. InternalError in others."""
    cdef machine_t* m = store.machine
    cdef object_t blank
    memset(&blank, 0, sizeof(blank))
    if not WVM_CHECKS:
        raise InternalError("wasmvm was not built with WASMVM_CHECK=1")
    if what == "pc":
        m.pc = <int32_t*>&blank
    elif what == "fp":
        m.fp = m.stack_end + 1
    elif what == "top":
        m.top = m.stack - 1
    elif what == "frame":
        m.frame = m.frames - 1
    elif what == "budget":
        m.budget = SLICE + 1
    elif what == "order":
        m.frame.pc = return_code
        m.frame.fp = m.fp + 1
        m.frame += 1
    elif what == "object":
        check_object(&blank)
    check_machine(m, 0)
