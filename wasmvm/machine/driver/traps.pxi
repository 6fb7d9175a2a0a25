# Traps: from a reason and an execution that was stopped to an exception with frames (spec "Execution: Results").

TRAPS = (
    ("unreachable", "unreachable"),
    ("memory_out_of_bounds", "out of bounds memory access"),
    ("table_out_of_bounds", "out of bounds table access"),
    ("undefined_element", "undefined element"),
    ("uninitialized_element", "uninitialized element"),
    ("indirect_call_type_mismatch", "indirect call type mismatch"),
    ("integer_overflow", "integer overflow"),
    ("integer_division_by_zero", "integer divide by zero"),
    ("invalid_conversion", "invalid conversion to integer"),
    ("call_stack_exhausted", "call stack exhausted"),
    ("interrupt", "interrupted"),
    ("deadline", "time limit exceeded"),
    ("out_of_fuel", "all fuel consumed"),
    ("null_function_reference", "null function reference"),
    ("null_reference", "null reference"),
    ("null_exception_reference", "null exception reference"),
    ("null_structure_reference", "null structure reference"),
    ("null_array_reference", "null array reference"),
    ("null_i31_reference", "null i31 reference"),
    ("array_out_of_bounds", "out of bounds array access"),
    ("cast_failure", "cast failure"),
    ("allocation_failed", "allocation failed"),
    ("null_descriptor_reference", "null descriptor reference"),
    ("descriptor_cast_failure", "descriptor cast failure"),
    ("unaligned_atomic", "unaligned atomic"),
    ("expected_shared_memory", "expected shared memory"),
)
"""Code and text of each trap, in the order of the TRAP_... constants."""

cdef enum:
    MAX_FRAMES = 100  # of a backtrace: a runaway recursion has a hundred thousand


cdef object trap(int reason, tuple frames, str during=""):
    code, message = TRAPS[reason - TRAP_UNREACHABLE]
    return Trap(message + during, code, frames)


cdef tuple frame_at(inst_t* inst, const int32_t* pc):
    """(instance, funcidx, offset) of a code position; None for code that no function owns."""
    cdef Instance instance = <Instance>inst.owner
    cdef lowered_t* lowered
    cdef int64_t steps = 0
    cdef int32_t index = function_at(inst, pc, &steps)
    cdef int32_t offset = -1
    if index < 0:
        return None
    lowered = &inst.lowered[index]
    if holds(lowered, pc):  # not in its stub
        offset = offset_at(lowered, pc)
    return instance, index + len(instance.func_list), instance.module.syntax.code[2 * index] if offset < 0 else offset


cdef list backtrace(const execution_t* x):
    """The wasm frames of the call that runs, innermost first, as (instance, funcidx, byte offset in the module)."""
    cdef inst_t* inst = x.now.inst
    cdef frame_t* frame = x.now.frame
    cdef list found = []
    entry = frame_at(inst, x.now.pc)
    if entry is not None:
        found.append(entry)
    while frame > x.now.bottom and len(found) < MAX_FRAMES:
        frame -= 1
        if frame.pc == leave_instance_code:
            inst = <inst_t*>frame.fp
        elif frame.pc != done_code:
            # It returns to what follows the call; one word before that is inside the call.
            entry = frame_at(inst, frame.pc - 1)
            if entry is not None:
                found.append(entry)
    return found


cdef tuple describe(list found):
    cdef list frames = []
    for instance, funcidx, offset in found:
        frames.append((<Instance>instance).module.frame(funcidx, offset))
    return tuple(frames)


cdef int raise_trap(execution_t* x, int reason) except -1:
    """Raise a trap where the execution was stopped.

    Making its frames may run a finalizer that calls this store: that must spare the slots that `fault` and `element` read.
    """
    x.now.top = max(x.now.top, min(frame_end(&x.now), x.stack_end))  # until `call_wasm` ends
    cdef tuple frames = describe(backtrace(x))
    error = trap(reason, frames)
    if reason == TRAP_MEMORY_OUT_OF_BOUNDS:
        error.fault = fault(x)
    elif reason == TRAP_UNINITIALIZED_ELEMENT:
        error = Trap(f"{error.message} {element(x)}", error.code, frames)
    raise with_wasm_frames(error, frames)


cdef str element(execution_t* x):
    """The index that a trapping call_indirect has looked up; each form of it has the slot in its first word."""
    return str(x.now.fp[x.now.pc[1]].u64)


cdef object fault(execution_t* x):
    """Where the load or store that trapped left the memory; None for other instructions."""
    from wasmvm.generated.regopcode import ADDRESS_WORDS

    words = ADDRESS_WORDS.get(x.now.pc[0])
    if words is None:
        return None
    cdef int a = words[0]
    cdef int b = words[1]
    cdef int k = words[2]
    cdef uint64_t ea
    cdef uint64_t length = current_memory(&x.now).length
    cdef int o = words[3]
    cdef uint32_t base
    if words[4]:
        ea = x.now.fp[x.now.pc[a]].u64 + imm_u64(&x.now.pc[o])
    else:
        base = <uint32_t>x.now.fp[x.now.pc[a]].u64 if a else 0
        if b:
            base += <uint32_t>x.now.fp[x.now.pc[b]].u64 << (x.now.pc[k] if k else 0)
        elif k:
            base += <uint32_t>x.now.pc[k]
        ea = <uint64_t>base + <uint32_t>x.now.pc[o]
    return f"memory fault at wasm address 0x{max(ea, length):x} in linear memory of size 0x{length:x}"
