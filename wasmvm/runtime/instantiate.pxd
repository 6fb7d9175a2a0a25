cimport cython

from wasmvm._core cimport Func, Global, Instance, Memory, Store, Table


@cython.locals(instance=Instance, funcs=list, tables=list, memories=list, globals_=list)
cpdef Instance instantiate(Store store, module, externs)
cdef bint is_of_kind(extern, int kind) except -1
@cython.locals(kind=cython.int, matches=cython.bint)
cdef check_import(Store store, module, import_, extern)
cdef set_segments(module, Instance instance)
cdef run_segments(module, Instance instance)
