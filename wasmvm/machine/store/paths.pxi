# Directories of the host that are reached in one step (`wasi/host/sandbox.py`).

def can_open_beneath():
    """Whether the host has a call for `open_beneath`, and that call refuses what it has to."""
    cdef bint found
    with nogil:
        found = wvm_has_openat2()
    return found


def open_beneath(int directory, bytes path not None):
    """Open the directory at `path` below an open directory, through no link of any kind and through no "..".

    Args:
        directory: a descriptor of the host.
        path: names with slashes in between.

    Returns:
        A descriptor of the host that is good for calls on what is in it; or minus the number of the host's error, which is
        ENOSYS where it has no such call.

    Raises:
        ValueError: there is a NUL in the path.
    """
    cdef char* text
    cdef int found
    PyBytes_AsStringAndSize(path, &text, NULL)
    with nogil:
        found = wvm_openat2(directory, text, WVM_BENEATH | WVM_NO_SYMLINKS | WVM_NO_MAGICLINKS)
    return found
