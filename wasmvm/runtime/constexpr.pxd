cimport cython

from wasmvm._core cimport Instance
from wasmvm.generated.opcode cimport *
from wasmvm.reader cimport Reader


@cython.locals(reader=Reader, opcode=cython.int)
cpdef object evaluate(bytes source, extent, Instance instance, int valtype)
@cython.locals(reader=Reader, opcode=cython.int)
cpdef object constant(bytes source, extent)
@cython.locals(start=cython.Py_ssize_t)
cdef object literal(Reader reader, int size)
