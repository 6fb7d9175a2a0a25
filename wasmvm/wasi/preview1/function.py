"""What makes a Python function one that guests can call: its row's checks, its error codes and its type.

Such a function is ``name(wasi, mem, *arguments)``, in the file that its row names, with the decorator `wasi_function`:
`wasi` is the `Wasi` that it works on, `mem` a writable view of the guest's memory, the arguments are unsigned integers
(one that the document calls signed is signed). It returns nothing when it succeeds and raises `WasiError` or OSError
when it fails. What `checked` makes of it returns the error code, and never raises because of what a guest passed.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import error as StructError

from wasmvm import types
from wasmvm.wasi.host import errno
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.preview1 import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.wasi.preview1.guest import Wasi

Body = Callable[..., None]
"""A function with the decorator: ``(wasi, mem, *arguments)``."""
Implementation = Callable[..., int]
"""What guests call: ``(wasi, mem, *arguments) -> errno``."""

Linked = Callable[..., "int | None"]
"""What instances import: ``(caller, *arguments) -> errno``; the caller is a `Caller`, arguments have either sign."""
Maker = Callable[["Wasi", Linked], "Linked | None"]
"""From a guest and the general way of a function to a quick way, or None if there is none for this guest."""

_bodies: dict[abi.Row, Body] = {}
_makers: dict[abi.Row, Maker] = {}
_signatures: dict[abi.Row, tuple[types.FuncType, list[int]]] = {}
_MASKS = {"i": abi.MASK32, "I": abi.MASK64, "s": -1}
_VALTYPES = {"i": types.I32, "I": types.I64, "s": types.I64}


def wasi_function(body: Body) -> Body:
    """Make `body` the function of its name in `abi.FUNCTIONS`, and in ``wasi_unstable`` if its row says so.

    Raises:
        KeyError: if it has no row.
    """
    _bodies[abi.FUNCTIONS[body.__name__]] = body
    return body


def unstable_function(body: Body) -> Body:
    """Make `body` the function of its name in `abi.UNSTABLE_FUNCTIONS`. Raises KeyError if it has no row."""
    _bodies[abi.UNSTABLE_FUNCTIONS[body.__name__]] = body
    return body


def checked(row: abi.Row) -> Implementation:
    """What guests call for a row, whose file must have been imported.

    Before the body runs, the ranges of memory that the arguments name directly are checked: EFAULT, and nothing has
    happened. A struct that would be read or written outside of memory is EFAULT too. Errors are returned as numbers.

    Raises:
        KeyError: if the file has no such function.
    """
    body = _bodies[row]
    results, arrays = abi.spans_of(row)
    efault = abi.ERRNO[errno.EFAULT]

    def function(wasi: Wasi, mem: memoryview, *arguments: int) -> int:
        try:
            size = len(mem)
            for address, width in results:
                if arguments[address] + width > size:
                    return efault
            for address, width in arrays:
                if arguments[address] + arguments[address + 1] * width > size:
                    return efault
            body(wasi, mem, *arguments)
        except (WasiError, OSError) as error:
            return code_of(error)
        except StructError:
            return efault
        return 0  # SUCCESS

    function.__name__ = function.__qualname__ = body.__name__
    function.__doc__ = body.__doc__
    function.__module__ = body.__module__
    return function


def code_of(error: WasiError | OSError) -> int:
    """The error code for what a function raised.

    Raises:
        TimeoutError: `error` itself, if it is not the host's but what handlers of SIGALRM raise.
    """
    if isinstance(error, WasiError):
        return abi.ERRNO[error.name]
    if error.errno is None and isinstance(error, TimeoutError):
        raise error
    return abi.ERRNO.get(errno.name_of(error), abi.ERRNO[errno.EIO])  # preview 1 does not have all names


def quick_way(name: str) -> Callable[[Maker], Maker]:
    """Makes a function the `Maker` of a quick way for the function `name` of `abi.FUNCTIONS`.

    A quick way is for what programs do a million times. It does what the general way does, or nothing at all: whatever
    is unusual, every mistake of a guest above all, it leaves to the general way. So checks have one place, and a quick
    way only asks whether there is anything to find.
    """

    def decorator(make: Maker) -> Maker:
        _makers[abi.FUNCTIONS[name]] = make
        return make

    return decorator


def quickest(row: abi.Row, wasi: Wasi, general: Linked) -> Linked:
    """The quick way of a function if there is one for this guest, else `general`."""
    make = _makers.get(row)
    return general if make is None else make(wasi, general) or general


def signature_of(row: abi.Row) -> tuple[types.FuncType, list[int]]:
    """The type of a function, and for each parameter the mask that makes it unsigned (-1 for a signed one)."""
    found = _signatures.get(row)
    if found is None:
        letters = [letter for param in abi.params_of(row) for letter in param.code]
        results = (types.I32,) if row.returns else ()
        functype = types.FuncType(tuple(_VALTYPES[letter] for letter in letters), results)
        found = _signatures[row] = functype, [_MASKS[letter] for letter in letters]
    return found


def functype_of(name: str) -> types.FuncType:
    """The type of a function of `abi.FUNCTIONS`."""
    return signature_of(abi.FUNCTIONS[name])[0]


def buffers_of(mem: memoryview, iovs: int, iovs_len: int) -> list[memoryview]:
    """The regions of memory that an array of ``iovec`` names, without the empty ones.

    At most 1024 are taken (hosts take no more at once): the function then reads or writes a part, which it is allowed
    to, and a guest cannot make the host build a list as long as its memory.

    Args:
        mem: the guest's memory.
        iovs: address of the array, which lies inside of memory.
        iovs_len: how many ``iovec`` it has.

    Raises:
        WasiError: EFAULT if one is outside of memory, EINVAL if their lengths do not fit a u32.
    """
    size = len(mem)
    if iovs_len == 1:  # as nearly always
        buf, buf_len = abi.IOVEC.unpack_from(mem, iovs)
        if buf + buf_len > size:
            raise WasiError(errno.EFAULT)
        return [mem[buf : buf + buf_len]] if buf_len else []
    total = 0
    buffers = []
    for buf, buf_len in abi.IOVEC.iter_unpack(mem[iovs : iovs + min(iovs_len, 1024) * abi.IOVEC.size]):
        if buf_len:
            end = buf + buf_len
            if end > size:
                raise WasiError(errno.EFAULT)
            total += buf_len
            buffers.append(mem[buf:end])
    if total > abi.MASK32:
        raise WasiError(errno.EINVAL)
    return buffers
