# distutils: language = c
"""The virtual machine: store, memories, tables, globals, functions, instances, and the loop that runs register code.

Everything here that touches Python is the driver; the loop itself, `run` in `_core_run.pxi`, is generated (in two forms: see docs/rationale.md) and never
does. The parts are included in the order in which they need each other. The structures are in `_core.pxd`, the face
towards Python in `_core.pyi`.

The locals of the loop: `pc` the current code word; `fp` slot 0 of the current frame; `frame` the next free entry of
the frame stack; `inst` the instance whose code runs; `mem` and `mem_len` its memory 0, or the one that `use_memory`
named; `budget` what is left until the driver polls; `reason` why the loop ends.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_ND, PyBUF_SIMPLE, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytearray cimport PyByteArray_FromStringAndSize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_AsStringAndSize, PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals, PyErr_SetFromErrno
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_AsDouble, PyFloat_CheckExact
from cpython.long cimport PyLong_AsUnsignedLongLongMask
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.weakref cimport PyWeakref_NewRef
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.errno cimport EINTR, errno
from libc.math cimport (
    INFINITY, ceil, ceilf, copysign, copysignf, fabs, fabsf, floor, floorf, rint, rintf, sqrt, sqrtf, trunc, truncf,
)
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc
from libc.string cimport memchr, memcpy, memmove, memset

cdef extern from "Python.h":
    void* PyInterpreterState_Get()
    void* PyInterpreterState_Main()

if PyInterpreterState_Get() != PyInterpreterState_Main():  # `wasmvm/__init__.py` has asked before, where it could
    raise ImportError("wasmvm cannot be used in a sub-interpreter")

from os import urandom
from sys import getsizeof

from wasmvm.generated.codes cimport *
from wasmvm.generated.regopcode cimport *
from wasmvm.generated.rowlength cimport ROW_LENGTH

from types import FunctionType, MethodType

from wasmvm.deftype import check_valtype, checked_functype, define_functype, hold_valtype, match_heaptype, top_of
from wasmvm.errors import ExitTrap, InternalError, Trap, WasmException, with_wasm_frames
from wasmvm.lowered import Lowered
from wasmvm.quoting import escaped
from wasmvm.typetable import comptype_of, descriptor_of, field_room, find, group_of, hold, read_comptype, super_of
from wasmvm.types import (
    MAX_PAGES_64, MAX_TABLE, PAGE_SIZES, FuncType, GlobalType, Limits,
    MemoryType, StructType, TableType, TagType, heaptype_of, is_nullable, layout, ref_typeidx, storage_size, valtype_text, valtypes_of,
)

include "machine/host.pxi"

# What the loop calls: no Python.
include "machine/loop/numeric.pxi"
include "machine/loop/frames.pxi"
include "machine/loop/bulk.pxi"
include "machine/loop/vector.pxi"
include "_core_vector.pxi"
include "machine/loop/aggregates.pxi"
include "_core_run.pxi"

# What happens between two runs of the loop.
include "machine/driver/positions.pxi"
include "machine/driver/check.pxi"
include "machine/driver/stacks.pxi"
include "machine/driver/budget.pxi"
include "machine/driver/pieces.pxi"
include "machine/driver/collector.pxi"
include "machine/driver/traps.pxi"
include "machine/driver/exceptions.pxi"
include "machine/driver/waiting.pxi"
include "machine/driver/driver.pxi"
include "machine/driver/execution.pxi"

# The objects that Python sees.
include "machine/store/numbers.pxi"
include "machine/store/types.pxi"
include "machine/store/limits.pxi"
include "machine/store/remains.pxi"
include "machine/store/image.pxi"
include "machine/store/memory.pxi"
include "machine/store/source.pxi"
include "machine/store/paths.pxi"
include "machine/store/table.pxi"
include "machine/store/global.pxi"
include "machine/store/values.pxi"
include "machine/store/signature.pxi"
include "machine/store/externs.pxi"
include "machine/store/references.pxi"
include "machine/store/store.pxi"
include "machine/store/func.pxi"
include "machine/store/tag.pxi"
include "machine/store/exceptionref.pxi"
include "machine/store/code.pxi"
include "machine/store/caller.pxi"
include "machine/store/instance.pxi"
