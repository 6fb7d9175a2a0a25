# The structures of the virtual machine: the header to read first. `docs/architecture.md` tells how they work together.

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from wasmvm.generated.regopcode cimport HANDLER_COUNT
from wasmvm.lowered cimport (
    ARRAYS, CAUGHT_BY_ANY, CLAUSE_WORDS, DELEGATES, REF_FIRST, REF_LAST, clause_count, clause_t, clauses_of, holds, lowered_t,
    offsets_of, parts_t,
)


cdef union slot:
    # One cell of a frame, 8 bytes. An i32 or f32 is always stored zero-extended as u64 (a 32-bit store followed by
    # a 64-bit load of the same cell stalls the processor); a v128 takes two cells; a reference is a func_t*, an
    # object_t*, an odd number for an i31 (which is shifted left by one), or 0 for null.
    uint64_t u64
    int64_t i64
    double f64
    float f32
    void* ptr


cdef union v128_t:
    # A vector while a vector instruction works on it, by lanes.
    uint8_t u8[16]
    uint16_t u16[8]
    uint32_t u32[4]
    uint64_t u64[2]
    int8_t i8[16]
    int16_t i16[8]
    int32_t i32[4]
    int64_t i64[2]
    float f32[4]
    double f64[2]


cdef struct field_t:
    uint32_t offset  # from the object's beginning; 0 for the elements of an array
    int width  # logarithm of its bytes
    int storage  # its type, closed
    bint mutable


cdef struct type_t:
    # A defined type (spec "Validation: Conventions: Defined Types"). There is one of each in the process, so that equal
    # types have equal addresses. It stays as long as somebody has a `Hold` of it: whatever has an address of one must.
    int32_t type_id  # in the table of `typetable`
    int32_t kind  # KIND_...
    type_t* super  # its supertype, or NULL
    uint32_t size  # bytes of a structure; slots of a function's parameters or results, whichever are more
    int32_t field_count  # 1 for an array; of a function, its parameters
    field_t* fields  # not of a function
    uint32_t* refs  # offsets of the fields that may refer to objects
    int32_t ref_count
    uint32_t descriptor  # of a structure, where its descriptor is, which is one of `refs`; 0 for none


cdef struct object_t:
    # What structures, arrays and objects of the host begin with: OBJECT_HEADER bytes, then the fields. Memory aligned
    # for anything, so that an address is never odd.
    type_t* type
    uint32_t length  # of an array
    uint16_t pins  # number of Python objects that refer to it; saturates, then it is never freed
    uint8_t marked  # the collection that has found it last


cdef struct extern_t


cdef union extern_rest_t:
    uint64_t held  # bytes that it counts for; see `held_by`
    extern_t* dead  # of one that is to be released, the next such


cdef struct extern_t:
    # A host object that an externref or anyref refers to (spec "Host References"); the store has it in `externs`.
    object_t head
    void* value
    extern_rest_t rest


cdef struct root_t:
    # Something that holds references, in a ring; `next` is NULL where it is in none.
    root_t* next
    root_t* previous
    int kind  # ROOT_...
    void* what
    void* owner  # the Python object that it is part of


cdef struct heap_t:
    # The objects of a store (spec "Aggregate Instances").
    object_t** objects
    size_t count
    size_t capacity
    uint64_t allocated  # bytes
    uint64_t held  # bytes that objects of the host count for
    uint64_t threshold  # what `allocated` may come to before the next collection
    uint64_t headroom  # how much that was above `allocated` after the last one
    uint64_t patience  # bytes that it is at least: collections need the GIL, and are rare where they have to wait for it
    double collected  # when the last one for wasm was
    uint64_t wanted  # EXIT_COLLECT: bytes there was no room for; to be read at once
    uint64_t limit
    root_t roots  # the ring
    size_t kept  # of a sweep that is not done: the objects up to this one stay, there are none from here
    size_t swept  # up to this one, and from here
    size_t sweep_end  # up to this one they are still to be looked at
    int given_up  # collections in a row that were ended early
    uint8_t epoch  # what this collection, or the last one, marks objects with
    extern_t* dead


cdef struct waiter_t:
    # Somebody who waits for a shared memory, in the order in which they came; on the C stack of the thread that waits. All
    # of it is touched with the GIL only.
    uint64_t address
    waiter_t* next  # of those that wait for the same memory
    waiter_t* previous
    waiter_t* outer  # of those that the same store is in the middle of
    void* lock  # that of Python's, which is taken until there is something to see
    bint woken  # by a notify
    bint signalled  # the lock was let go, and not taken since


cdef struct mem_t:
    # A memory instance (spec "Memory Instances"). `data` never moves: the address range was reserved when it was made.
    uint8_t* data
    uint64_t length  # bytes
    uint64_t reserved  # bytes that it can grow to
    uint64_t maximum  # bytes that its type allows
    uint64_t image  # the number of the `MemoryImage` it began with, or 0
    uint64_t image_start  # where that is mapped
    uint64_t image_size
    uint64_t id  # of a shared memory, never that of another
    int page_shift  # logarithm of the bytes of a page
    bint shared  # by many stores, in many threads: `length` may grow at any time, and is read by `wvm_get_length`
    uint32_t waiting  # how many wait for it, one more while somebody looks whether to wait; changed with the GIL only
    waiter_t* first_waiter
    waiter_t* last_waiter


cdef struct memory_type_t:
    # A `MemoryType` that was read; sizes are in pages.
    uint64_t low
    uint64_t high
    int addrtype
    int page_shift
    bint shared


cdef struct segment_t:
    # An active data segment whose offset is a constant.
    uint64_t offset
    const uint8_t* data
    uint64_t length
    Py_ssize_t dataidx
    Py_ssize_t memidx


cdef struct table_t:
    # A table instance (spec "Table Instances"); `elems` holds slot values.
    uint64_t* elems
    uint64_t size
    uint64_t maximum
    uint64_t capacity  # elements there is room for, at least `size`


cdef struct data_t:
    # A data instance (spec "Data Instances"); dropped is length 0.
    const uint8_t* data
    uint64_t length


cdef struct elem_t:
    # An element instance (spec "Element Instances"); dropped is length 0.
    uint64_t* refs
    uint64_t length
    bint may_hold_objects  # whether the collector must look at it


cdef struct func_t:
    # A function instance (spec "Function Instances"). `code` is never NULL: for a function not lowered yet it is a stub that asks for it.
    int32_t* code
    int32_t frame_size  # slots from fp on
    int32_t zero_from  # locals to be zeroed on entry: slots zero_from up to and without zero_to
    int32_t zero_to
    inst_t* inst  # NULL for a host function
    void* owner  # the Instance, or for a host function the Func (borrowed: the store keeps both)
    type_t* type
    int32_t funcidx


cdef struct tag_t:
    # A tag instance (spec "Tag Instances"): the same tag is the same address.
    type_t* type
    int32_t slots  # that its payload takes
    bint used  # an exception names it, so that it stays until the store is gone
    void* owner  # the Tag (borrowed), or NULL when that is gone
    tag_t* next  # of those that are used
    void* signature  # the Signature, which keeps `type`; owned


cdef struct exn_t:
    # An exception instance (spec "Exception Instances") that a reference names.
    object_t head
    tag_t* tag
    slot payload[1]  # as many slots as the tag says


cdef struct code_range_t:
    # Where the code of a function begins that was lowered for an instance; `holds` knows where it ends.
    const int32_t* code
    int32_t index  # of the function among those defined


cdef struct inst_t:
    # A module instance (spec "Execution: Module Instances"). Everything that code names by index.
    mem_t* mem  # memory 0; an empty one where the module has none
    mem_t** mems
    func_t* funcs  # the functions defined here
    func_t** all_funcs  # the function index space
    slot** globals
    table_t** tables
    type_t** types
    data_t* datas
    elem_t* elems
    tag_t** tags
    lowered_t* lowered  # the module's, as are the stubs
    int32_t* stubs
    int32_t defined
    code_range_t* ranges  # for `function_at`: of the functions that were lowered for this instance
    int32_t range_count
    int32_t range_sorted  # so many of them are in order of their addresses, the last few are not
    int32_t range_room
    void* owner  # the Instance (borrowed)


cdef struct frame_t:
    # Where a call returns to. If pc is `leave_instance_code`, fp is the inst_t* to return to.
    int32_t* pc
    slot* fp


cdef struct execution_t


ctypedef int (*handler_t)(int32_t* pc, slot* fp, uint8_t* mem, uint64_t acc_i, execution_t* machine, frame_t* frame,
                          double acc_d, float acc_f) noexcept nogil


cdef struct move_t:
    # What a bulk instruction does, once it is checked.
    uint8_t* to
    const uint8_t* from_  # NULL where every element becomes `value`
    const slot* value
    uint64_t count  # elements
    int width  # logarithm of the bytes of one
    bint backwards  # where elements would be overwritten that are still to be read


cdef struct search_t:
    # How far the search for a catch clause has come.
    inst_t* inst
    const int32_t* pc
    slot* fp
    frame_t* frame
    int32_t clause  # of the function, which is looked at next


cdef struct bulk_t:
    # A bulk instruction that the driver does in pieces; all zero but for `op` while there is none.
    int op  # EXIT_BULK: its row, since the code may have the number of a sequence there
    uint64_t done  # elements that are moved
    object_t* made  # the array it makes


cdef struct activation_t:
    # What runs in an execution at the moment. A call from Python in the middle of it begins another one on the same stacks,
    # and puts this one back when it ends (`call_wasm`): nobody else has to save anything but `top`.
    int32_t* pc
    slot* fp
    frame_t* frame  # the next free entry
    inst_t* inst
    slot* top  # where the next call from Python may begin
    mem_t* other_mem  # what loads and stores mean at present instead of memory 0 of `inst`, or NULL
    uint64_t acc_i  # the threaded back end's copies of the last integer, f64 and f32 result
    double acc_d
    float acc_f
    frame_t* bottom  # its lowest entry, where it goes back to Python; NULL where nothing runs
    func_t* callee  # EXIT_HOST: whom to call
    slot* base  # EXIT_HOST: where the arguments are
    tag_t* tag  # EXIT_THROW: of what is thrown; `base` is where its payload lies
    exn_t* exn  # and the exception, if there is a reference to it already
    bulk_t bulk
    activation_t* outer  # the one that it is inside of, or NULL


cdef struct store_t:
    # What a store owns, whichever of its executions runs.
    heap_t heap
    int64_t fuel  # what metered code has left
    tag_t* tags  # those that exceptions name
    volatile int interrupted  # 1: trap once; 2: trap whenever wasm runs, until it is taken away
    double deadline
    waiter_t* waiter  # what a call of the store waits for at the moment
    execution_t* executions  # all of them, as a list
    void* owner  # the Store (borrowed)


cdef struct execution_t:
    # Something that runs wasm in a store, as `run` finds it and leaves it: stacks, and what is on them.
    activation_t now
    int64_t budget
    slot* stack_end
    uint64_t mem_len  # of the threaded back end: bytes of the memory in use
    uint64_t seen  # the id of the shared memory beyond whose end an access was,
    uint64_t seen_length  # and the length that has been known since then
    store_t* store
    slot* stack
    frame_t* frames
    execution_t* next  # of the store's
    execution_t* older  # of those that stores have at hand, the one that was given out before
    execution_t* newer  # and the one after
    const int32_t* expr  # for the checking build: code of the constant expression that is evaluated
    const int32_t* expr_end
    handler_t handlers[HANDLER_COUNT]  # of the threaded back end; last, since an execution that is used again keeps them


cdef enum:
    EXIT_DONE = 1
    EXIT_HOST = 2
    EXIT_LOWER = 3
    EXIT_BUDGET = 4
    EXIT_MEMORY_GROW = 5
    EXIT_TABLE_GROW = 6
    EXIT_BUG = 7
    EXIT_THROW = 8
    EXIT_UNCAUGHT = 9
    EXIT_NO_MEMORY = 10
    EXIT_COLLECT = 11  # there is no room for an object
    EXIT_GARBAGE = 12  # exceptions took more room than there should be
    EXIT_BULK = 13  # a bulk instruction that the budget does not pay for, or one that is not done yet
    EXIT_WAIT = 14  # memory.atomic.wait
    EXIT_NOTIFY = 15  # memory.atomic.notify, where somebody waits
    # Traps begin here; the texts are in TRAPS of machine/driver/traps.pxi, in this order.
    TRAP_UNREACHABLE = 16
    TRAP_MEMORY_OUT_OF_BOUNDS = 17
    TRAP_TABLE_OUT_OF_BOUNDS = 18
    TRAP_UNDEFINED_ELEMENT = 19
    TRAP_UNINITIALIZED_ELEMENT = 20
    TRAP_INDIRECT_CALL_TYPE_MISMATCH = 21
    TRAP_INTEGER_OVERFLOW = 22
    TRAP_INTEGER_DIVISION_BY_ZERO = 23
    TRAP_INVALID_CONVERSION = 24
    TRAP_CALL_STACK_EXHAUSTED = 25
    TRAP_INTERRUPT = 26
    TRAP_DEADLINE = 27
    TRAP_OUT_OF_FUEL = 28
    TRAP_NULL_FUNCTION_REFERENCE = 29
    TRAP_NULL_REFERENCE = 30
    TRAP_NULL_EXCEPTION_REFERENCE = 31
    TRAP_NULL_STRUCTURE_REFERENCE = 32
    TRAP_NULL_ARRAY_REFERENCE = 33
    TRAP_NULL_I31_REFERENCE = 34
    TRAP_ARRAY_OUT_OF_BOUNDS = 35
    TRAP_CAST_FAILURE = 36
    TRAP_ALLOCATION_FAILED = 37
    TRAP_NULL_DESCRIPTOR_REFERENCE = 38
    TRAP_DESCRIPTOR_CAST_FAILURE = 39
    TRAP_UNALIGNED_ATOMIC = 40
    TRAP_EXPECTED_SHARED_MEMORY = 41


@cython.final
cdef class Store:
    cdef store_t state
    cdef execution_t* execution  # which calls from Python run on; NULL where it has none at the moment (`execution_of`)
    cdef size_t stack_slots
    cdef readonly uint64_t max_memory
    cdef readonly uint64_t max_table
    cdef readonly uint64_t memory_size  # bytes of all memories
    cdef readonly uint64_t table_size  # and elements of all tables
    cdef uint64_t max_each_memory
    cdef uint64_t max_each_table
    cdef uint64_t reserved  # addresses that the memories keep for growing
    cdef uint64_t records  # bytes that instances take
    cdef readonly int metering
    cdef uint64_t fuel_reserve  # what does not fit into the machine's counter
    cdef uint64_t counts[3]  # how many instances, tables, memories exist
    cdef uint64_t max_counts[3]  # and how many may
    cdef uint64_t made[3]  # those that instantiation has made, whether they are gone or not
    cdef uint64_t max_made[3]
    cdef object closed
    cdef list kept
    cdef dict externs  # by id, an object of the host and the address of its extern_t
    cdef Py_ssize_t extern_count  # how many that are, unless Python's collector has emptied it
    cdef extern_t** recent  # those met last, by `recent_place`
    cdef size_t recent_room  # places, a power of two; 0 at first
    cdef void* recent_funcs[16]  # Funcs that were asked for last (borrowed), by `func_place`
    cdef void* types  # dict of the Holds of the types that objects of the heap may have; owned, unknown to Python's collector
    cdef bint stress_
    cdef unsigned long thread  # which uses it, while `users` is not 0
    cdef uint64_t uses  # how often anybody asked for the thread, which every use begins with
    cdef int users  # how many things it is in the middle of
    cdef int nesting
    cdef double timeout_
    cdef double turn  # when other threads last had a chance to take the GIL from calls of quiet host functions
    cdef public object epoch_deadline
    cdef object remains  # what is left of it when it goes
    cdef object __weakref__
    cdef int keep_types(self, object held) except -1
    cpdef count_made(self, int tables, int memories)
    cdef int count(self, int kind) except -1
    cdef int count_instance(self, Instance instance) except -1
    cdef int set_units(self, uint64_t units) noexcept
    cdef bint is_used_elsewhere(self) noexcept
    cdef int check_thread(self) except -1
    cdef int refuse(self) except -1
    cdef int enter(self) except -1
    cdef void leave(self) noexcept
    cpdef spend(self, uint64_t units)


cdef class Instance


cdef class AnyMemory:
    cdef mem_t* mem
    cdef int addrtype
    cdef readonly object type
    cdef uint8_t* at(self, uint64_t offset, uint64_t size) except NULL


@cython.final
cdef class SharedMemory(AnyMemory):
    cdef object creator  # a weak reference to the store whose limits it counts for, or None
    cdef uint64_t most  # bytes, where there is no creator any more
    cdef object remains
    cdef object __weakref__
    cdef int64_t grow_by(self, uint64_t delta) noexcept


@cython.final
cdef class Memory(AnyMemory):
    cdef bint counted  # by the store
    cdef readonly Store store
    cdef readonly SharedMemory shared
    cdef object image  # kept until the addresses are released: no range with an image that is gone is kept for others
    cdef object remains
    cdef object __weakref__
    cdef int64_t grow_by(self, uint64_t delta) noexcept


@cython.final
cdef class InitialData:
    cdef bytes source
    cdef segment_t* segments
    cdef Py_ssize_t count
    cdef Py_ssize_t room
    cdef readonly Py_ssize_t imaged  # so many segments are in the image
    cdef uint64_t image_start
    cdef uint64_t image_size


@cython.final
cdef class MemoryImage:
    cdef int fd
    cdef uint64_t device
    cdef uint64_t inode
    cdef uint64_t id  # never that of another
    cdef uint64_t start
    cdef uint64_t size
    cdef int map(self, mem_t* mem) noexcept


@cython.final
cdef class Table:
    cdef table_t* table
    cdef bint counted  # by the store
    cdef object remains
    cdef root_t root
    cdef readonly Store store
    cdef int reftype
    cdef int addrtype
    cdef object limits
    cdef object held  # keeps the type of the elements
    cdef object __weakref__
    cdef int64_t reserve(self, uint64_t delta, bint zero) noexcept
    cdef void give_back(self, uint64_t delta) noexcept
    cdef int64_t resize(self, uint64_t delta, uint64_t value) noexcept
    cdef uint64_t* at(self, uint64_t i) except NULL


@cython.final
cdef class Global:
    cdef slot value_[2]
    cdef int valtype
    cdef bint mutable
    cdef root_t root
    cdef readonly Store store
    cdef readonly object type
    cdef object held  # keeps the type of the value
    cdef object __weakref__
    cdef int set(self, object value) except -1


cdef class Reference:
    cdef object_t* target
    cdef readonly Store store
    cdef object __weakref__


cdef class Aggregate(Reference):
    cdef object get(self, const field_t* field, size_t offset)
    cdef int set(self, const field_t* field, size_t offset, object value, str what, Py_ssize_t i) except -1


@cython.final
cdef class StructRef(Aggregate):
    cdef uint64_t field(self, index) except? 0xFFFFFFFFFFFFFFFF


@cython.final
cdef class ArrayRef(Aggregate):
    cdef size_t offset(self, index) except 0


@cython.final
cdef class Tag:
    cdef tag_t* tag
    cdef readonly Store store
    cdef Signature signature
    cdef object __weakref__


@cython.final
cdef class ExceptionRef(Reference):
    cdef exn_t* exn(self) noexcept


@cython.final
cdef class Signature:
    cdef readonly object type
    cdef readonly int type_id
    cdef object held  # keeps the type
    cdef type_t* ctype
    cdef int param_count
    cdef int result_count
    cdef int param_slots
    cdef int result_slots
    cdef int* params
    cdef int* results
    cdef object __weakref__


ctypedef object (*vectorcall_t)(PyObject* callable, PyObject* const* args, size_t flags, PyObject* names)


@cython.final
cdef class Func:
    cdef vectorcall_t vectorcall  # where CPython finds what calls it
    cdef func_t* func
    cdef func_t host  # what `func` points to for a host function
    cdef readonly Store store
    cdef Signature signature
    cdef object instance  # of a wasm function
    cdef object callable  # of a host function
    cdef bint access_caller
    cdef bint quiet  # whether it may run without a look at signals, as no function written in Python does
    cdef bint kept  # by the store
    cdef object __weakref__
    cdef int keep(self) except -1
    cdef bint is_kept(self) noexcept
    cdef bint is_callable(self, const slot* base, Py_ssize_t count) noexcept
    cdef int refuse_call(self, Py_ssize_t count) except -1
    cdef int call_directly(self, slot* base) except -1
    cdef tuple values(self, slot* source, const int* types, int count)
    cdef int call_python(self, slot* base, Instance caller) except -1
    cdef object ask(self, slot* source, Instance caller)
    cdef object ask_many(self, slot* source, Instance caller)
    cdef int put_results(self, slot* base, object results) except -1


@cython.final
cdef class ModuleCode:
    cdef lowered_t* funcs
    cdef int32_t* stubs
    cdef type_t** types
    cdef void* held  # the Hold of `types`; owned, unknown to Python's collector
    cdef bint makes_objects  # whether objects of its types may be on heaps
    cdef list signatures  # by typeidx, those of function types that were asked for
    cdef object type_ids
    cdef func_t* templates
    cdef Py_ssize_t global_count
    cdef uint64_t records  # bytes that each instance takes
    cdef bint shares  # whether references to its functions may get out of an instance
    cdef dict exports
    cdef readonly Py_ssize_t count
    cdef bytes adopted
    cdef const char* adopted_start
    cdef const char* adopted_end
    cdef uint32_t* offers  # by function, 1 plus the word where the record of its code is in `adopted`; 0 for none
    cdef bint is_adopted(self, const int32_t* code) noexcept
    cdef bint find_offer(self, Py_ssize_t index, lowered_t* lowered) noexcept
    cdef int prepare(self, syntax, type_ids) except -1
    cdef int remember(self, list imports, tuple funcs) except -1
    cdef Signature signature(self, Py_ssize_t typeidx)


@cython.final
cdef class Caller:
    cdef readonly Instance instance


@cython.final
cdef class Instance:
    cdef inst_t inst
    cdef root_t root
    cdef readonly Store store
    cdef readonly object module
    cdef ModuleCode code
    cdef tuple func_list  # imported ones; tuples, since Python's collector never empties these
    cdef tuple table_list
    cdef tuple memory_list
    cdef object global_list  # a list until the instance is finished
    cdef tuple tag_list
    cdef dict funcs
    cdef uint64_t records  # bytes that the store counts for it; 0 while it does not count it
    cdef Py_ssize_t defined
    cdef Py_ssize_t elem_count
    cdef Py_ssize_t data_count
    cdef uint64_t evaluated  # a reference to an object that is the value of a constant expression, or 0
    cdef bint has_references  # element segments that may refer to objects
    cdef bint finished  # nobody but wasm changes it any more
    cdef object exported_memory
    cdef bint looked_for_memory
    cdef bint kept  # by the store
    cdef object __weakref__
    cdef int keep(self) except -1
    cdef dict named_exports(self)
    cdef object extern(self, int kind, Py_ssize_t index)
    cdef func_t* lowered(self, Py_ssize_t index) except NULL
    cpdef object func(self, Py_ssize_t funcidx)
    cdef int check(self, Store store) except -1
    cdef int change(self) except -1
    cdef Py_ssize_t index(self, Py_ssize_t index, Py_ssize_t count) except -1
    cpdef finish(self)
    cdef int init_memory(self, Py_ssize_t dataidx, Py_ssize_t memidx, uint64_t offset) except -1
    cpdef object global_bits(self, Py_ssize_t globalidx)
    cdef elem_t* new_elem(self, Py_ssize_t elemidx, Py_ssize_t count) except NULL
