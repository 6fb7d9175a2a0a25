cimport cython
from libc.stdint cimport int64_t

from wasmvm.generated.codes cimport ARRAYREF, CONCRETE, FUNCREF, STRUCTREF


cdef int FINAL
cdef int DESCRIPTORS
cdef int KIND
cdef bytes SEPARATOR
cdef int HEADER
cdef int ENTRY
cdef int64_t BLOCK
cdef dict _groups
cdef dict _small
cdef dict _large
cdef object _lock


@cython.final
cdef class Group:
    cdef readonly bytes key
    cdef readonly int64_t first
    cdef int64_t count
    cdef readonly int size
    cdef dict comptypes
    cdef public object machine


@cython.final
cdef class Hold:
    cdef readonly bytes firsts
    cdef readonly bint alive


@cython.locals(group=Group)
cpdef bint is_there(type_id) except -1
cpdef Group find(int64_t type_id)
cpdef Group group_of(int64_t type_id)
@cython.locals(group=Group, made=Group, first=int64_t, kept=Py_ssize_t)
cpdef Group enter(bytes key, int size, set needs)
@cython.locals(type_id=int64_t, block=int64_t)
cdef place(Group group)
@cython.locals(type_id=int64_t, block=int64_t)
cdef unplace(Group group)
@cython.locals(first=int64_t, taken=int64_t, type_id=int64_t, turns=cython.int, again=cython.bint)
cdef int64_t take_ids(int64_t size) except -1
@cython.locals(group=Group, first=int64_t)
cpdef release(list firsts)
@cython.locals(group=Group)
cpdef object hold(int64_t type_id)
cpdef object holding(list firsts)

cpdef bytes plain_key(functype)
@cython.locals(needs=set, words=list, body=list, heads=list, bodies=list, flushed=Py_ssize_t, typeidx=Py_ssize_t, kind=cython.int, flags=cython.int, valtype=int64_t, super_=int64_t)
cpdef tuple group_key(list types, dict subtypes, Py_ssize_t start, Py_ssize_t count, type_ids, checkpoint)
cdef int64_t rolled(int64_t valtype, int64_t start, type_ids, set needs) except? -1
cpdef tuple functype_key(functype)
cdef bytes to_bytes(list words)
@cython.locals(data=cython.p_uchar, at=Py_ssize_t, value=int64_t)
cdef int64_t word(bytes key, Py_ssize_t index) noexcept
@cython.locals(needs=set, count=Py_ssize_t, bodies=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, i=Py_ssize_t,
               at=Py_ssize_t, valtype=int64_t, super_=int64_t, kind=cython.int)
cdef set needs_of(bytes key)
@cython.locals(key=bytes, count=Py_ssize_t, bodies=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, i=Py_ssize_t,
               fields=int64_t, kind=cython.int)
cpdef int64_t field_room(Group group, bint params) except -1

@cython.locals(group=Group)
cpdef int kind_of(int64_t type_id) except -1
@cython.locals(group=Group, super_=int64_t)
cpdef int64_t super_of(int64_t type_id) except? -2
cpdef int64_t descriptor_of(int64_t type_id) except? -2
cpdef int64_t describes_of(int64_t type_id) except? -2
@cython.locals(group=Group, key=bytes, at=Py_ssize_t, begin=Py_ssize_t, position=int64_t)
cdef int64_t described(int64_t type_id, int which) except? -2
@cython.locals(group=Group, known=dict)
cpdef object comptype_of(int64_t type_id)
@cython.locals(key=bytes, first=int64_t, at=Py_ssize_t, bodies=Py_ssize_t, begin=Py_ssize_t, i=Py_ssize_t,
               kind=cython.int, words=list)
cpdef object read_comptype(Group group, Py_ssize_t position)
