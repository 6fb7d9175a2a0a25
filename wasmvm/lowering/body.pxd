cimport cython

from wasmvm.generated.codes cimport LOOK, METER_CALLS, NO_METERING
from wasmvm.generated.opcode cimport *
from wasmvm.generated.regopcode cimport *
from wasmvm.lowered cimport CAUGHT_BY_ANY
from wasmvm.lowering.code cimport first_words
from wasmvm.lowering.context cimport Context
from wasmvm.lowering.control cimport CTL_BLOCK, CTL_LOOP, MAX_UNPAID, Control


cdef enum:
    MAX_ZEROED = 512
    MAX_KEPT = 1 << 17
    LOOK_LOWERING = LOOK // 4





@cython.final
cdef class Body(Control):
    cdef short[::1] shape
    cdef short[::1] flow
    cdef bint metering
    cdef int fuel_at

    cpdef begin_body(self, Context context, Py_ssize_t index, Py_ssize_t start, Py_ssize_t end, checkpoint)
    cpdef bint end_body(self) except -1
    @cython.locals(start=cython.int, op=cython.int, shape=cython.int, look=cython.longlong)
    cpdef run(self)
    cdef int skip_dead(self, int op) except -1
    cdef int other(self, int op, int start) except -1
    cdef int legacy(self, int op, int start) except -1
    @cython.locals(flow=cython.int)
    cdef int charge(self, int op, int start) except -1
    @cython.locals(size=cython.int)
    cdef int charge_bulk(self, int start) except -1
    cpdef rewrite(self, accumulators)
