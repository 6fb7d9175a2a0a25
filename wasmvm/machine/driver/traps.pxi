# Traps: from a reason and a stopped machine to an exception with frames (spec "Execution: Results").

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
    cdef Py_ssize_t i
    cdef int32_t low, high, middle, position
    if instance.code.stubs <= pc < instance.code.stubs + 2 * instance.code.count:
        i = (pc - instance.code.stubs) // 2
        return instance, i + len(instance.func_list), instance.module.syntax.code[2 * i]
    for i in range(instance.code.count):
        lowered = &instance.code.funcs[i]
        if not holds(lowered, pc):
            continue
        position = <int32_t>(pc - lowered.code)
        low, high = 0, lowered.parts.offsets // 2
        while low < high:  # the last entry at or before the position
            middle = (low + high) // 2
            if offsets_of(lowered)[2 * middle] <= position:
                low = middle + 1
            else:
                high = middle
        begin = instance.module.syntax.code[2 * i]
        return instance, i + len(instance.func_list), offsets_of(lowered)[2 * low - 2 + 1] if low else begin
    return None


cdef list backtrace(machine_t* machine, frame_t* bottom):
    """The wasm frames above `bottom`, innermost first, as (instance, funcidx, byte offset in the module)."""
    cdef inst_t* inst = machine.inst
    cdef frame_t* frame = machine.frame
    cdef list found = []
    entry = frame_at(inst, machine.pc)
    if entry is not None:
        found.append(entry)
    while frame > bottom and len(found) < MAX_FRAMES:
        frame -= 1
        if frame.pc == leave_instance_code:
            inst = <inst_t*>frame.fp
        elif frame.pc != done_code:
            # Where it returns to is behind the call; one word before that is inside it.
            entry = frame_at(inst, frame.pc - 1)
            if entry is not None:
                found.append(entry)
    return found


cdef tuple describe(list found):
    cdef list frames = []
    for instance, funcidx, offset in found:
        frames.append((<Instance>instance).module.frame(funcidx, offset))
    return tuple(frames)


cdef str element(machine_t* machine):
    """The index that a call_indirect, which traps, has looked up; every form of it has the slot in its first word."""
    return str(machine.fp[machine.pc[1]].u64)


cdef object fault(machine_t* machine):
    """Where the load or store that trapped wanted to go beyond the memory; None for other instructions."""
    from wasmvm.generated.regopcode import ADDRESS_WORDS

    words = ADDRESS_WORDS.get(machine.pc[0])
    if words is None:
        return None
    cdef int a = words[0]
    cdef int b = words[1]
    cdef int k = words[2]
    cdef uint64_t ea
    cdef uint64_t length = current_memory(machine).length
    cdef int o = words[3]
    cdef uint32_t base
    if words[4]:
        ea = machine.fp[machine.pc[a]].u64 + imm_u64(&machine.pc[o])
    else:
        base = <uint32_t>machine.fp[machine.pc[a]].u64 if a else 0
        if b:
            base += <uint32_t>machine.fp[machine.pc[b]].u64 << (machine.pc[k] if k else 0)
        elif k:
            base += <uint32_t>machine.pc[k]
        ea = <uint64_t>base + <uint32_t>machine.pc[o]
    return f"memory fault at wasm address 0x{max(ea, length):x} in linear memory of size 0x{length:x}"
