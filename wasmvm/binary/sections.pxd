cimport cython
from libc.stdint cimport int64_t

from wasmvm.reader cimport Reader


cpdef read_result_type(Reader reader)
cpdef read_limits(Reader reader)
cpdef read_table_type(Reader reader)
cpdef read_global_type(Reader reader)
cpdef read_expr(Reader reader, Py_ssize_t section_end)
cpdef read_custom_section(Reader reader, object module, Py_ssize_t section_end, int after)
cpdef read_type_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_import_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_function_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_table_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_memory_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_global_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_export_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_start_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_element_section(Reader reader, object module, Py_ssize_t section_end)
@cython.locals(flags=int64_t)
cpdef read_elem(Reader reader, Py_ssize_t section_end)
cpdef read_data_count_section(Reader reader, object module, Py_ssize_t section_end)
@cython.locals(size=int64_t)
cpdef read_code_section(Reader reader, object module, Py_ssize_t section_end)
@cython.locals(i=cython.Py_ssize_t)
cpdef skip_bodies(Reader reader, const unsigned int[::1] code, Py_ssize_t section_end)
@cython.locals(flags=int64_t, size=int64_t, start=cython.Py_ssize_t)
cpdef read_data_section(Reader reader, object module, Py_ssize_t section_end)
cpdef read_indices(Reader reader)
