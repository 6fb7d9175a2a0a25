cimport cython

from wasmvm._core cimport Func, Global, InitialData, Instance, Memory, MemoryImage, SharedMemory, Store, Table, Tag


@cython.final
cdef class Plan:
    cdef bytes source
    cdef list imports
    cdef list import_types
    cdef object type_ids
    cdef list tables
    cdef list mems
    cdef list tags
    cdef list globals
    cdef list elems
    cdef list elem_types
    cdef list datas
    cdef InitialData initial
    cdef object start
    cdef bint has_segments
    cdef MemoryImage image
    cdef int wishes
    cdef bint made_before
    cdef bint _may_have_image(self, syntax) except -1
    cdef MemoryImage next_image(self, Store store)


@cython.locals(plan=Plan)
cpdef Instance instantiate(Store store, module, externs)
@cython.locals(instance=Instance, funcs=list, tables=list, memories=list, globals_=list, tags=list, image=MemoryImage, own=Memory, written=cython.Py_ssize_t)
cdef Instance new_instance(Store store, module, Plan plan, externs)
cdef of_store(Store store, extern)
cdef bint is_of_kind(extern, int kind) except -1
@cython.locals(kind=cython.int, matches=cython.bint)
cdef check_import(Store store, Plan plan, import_, expected, extern)
cdef fill(Store store, Plan plan, Instance instance, list globals_, Py_ssize_t imported_tables, Py_ssize_t written)
cdef set_segments(Store store, Plan plan, Instance instance, Py_ssize_t written)
cdef run_segments(Plan plan, Instance instance, Py_ssize_t written)
