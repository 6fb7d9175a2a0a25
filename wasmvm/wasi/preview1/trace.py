"""Lines like strace's: ``path_open(fd=3, path="a.txt", ...) -> fd=4``, one for each call of a function."""

from __future__ import annotations

from collections.abc import Callable

from wasmvm.quoting import quoted_bytes
from wasmvm.wasi.preview1 import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.wasi.preview1.function import Implementation
    from wasmvm.wasi.preview1.guest import Wasi

_SHOWN = 64
"""Bytes of a path or of written data that are shown."""
_FLAGS: dict[str, tuple[str, ...]] = {
    kind: tuple(abi.constants(f"{kind.upper()}_"))
    for kind in ("lookupflags", "oflags", "fdflags", "fstflags", "riflags", "sdflags")
}
"""By kind of parameter: the names of its flags, in the order of their bits."""
_NAMES: dict[str, tuple[str, ...]] = {
    "whence": tuple(abi.constants("WHENCE_")),
    "clockid": tuple(abi.constants("CLOCK_")),
    "advice": abi.ADVICE,
}
"""By kind of parameter: the names of its numbers, in their order."""


def _flags(value: int, names: tuple[str, ...]) -> str:
    parts = [name for bit, name in enumerate(names) if value >> bit & 1]
    unknown = value >> len(names) << len(names)
    return "|".join(parts + ([f"0x{unknown:x}"] if unknown else [])) or "0"


def _written_data(mem: memoryview, address: int, count: int) -> str:
    """What an array of ``ciovec`` holds, as far as it is shown; slices of `mem` end where memory ends."""
    data = b""
    for buf, buf_len in abi.IOVEC.iter_unpack(mem[address : address + min(count, 16) * abi.IOVEC.size]):
        data += bytes(mem[buf : buf + min(buf_len, _SHOWN + 1 - len(data))])
        if len(data) > _SHOWN:
            break
    return quoted_bytes(data, _SHOWN)


def argument(param: abi.Param, mem: memoryview, arguments: tuple[int, ...]) -> str:
    """One argument as text; never fails, whatever the guest passed."""
    value, kind = arguments[param.index], param.kind
    if kind in _FLAGS:
        return _flags(value, _FLAGS[kind])
    if kind in _NAMES:
        return _NAMES[kind][value] if value < len(_NAMES[kind]) else str(value)
    if kind in ("path", "buf", "iovs", "ciovs"):
        length = arguments[param.index + 1]
        inside = value + length * (abi.IOVEC.size if kind in ("iovs", "ciovs") else 1) <= len(mem)
        if inside and kind == "path":
            return quoted_bytes(bytes(mem[value : value + min(length, _SHOWN + 1)]), _SHOWN)
        if inside and kind == "ciovs":
            return _written_data(mem, value, length)
        return f"0x{value:x}[{length}]"
    if kind in ("rights", "ptr"):
        return f"0x{value:x}"
    return str(value)


def results(params: tuple[abi.Param, ...], mem: memoryview, arguments: tuple[int, ...]) -> str:
    """What a successful call wrote to the addresses of its results; ``ok`` if there are none."""
    texts = []
    for param in params:
        if param.is_result and abi.RESULT_SIZES[param.kind] <= 8 and param.kind != "prestat":
            at = arguments[param.index]
            value = int.from_bytes(mem[at : at + abi.RESULT_SIZES[param.kind]], "little")
            texts.append(f"{'fd' if param.kind == 'fd' else param.name}={value}")
    return ", ".join(texts) or "ok"


def traced(name: str, row: abi.Row, body: Implementation, sink: Callable[[str], object]) -> Implementation:
    """A function that does what `body` does, the function of `row`, and calls `sink` with a line for each call."""
    params = abi.params_of(row)

    def function(wasi: Wasi, mem: memoryview, *arguments: int) -> int:
        shown = [f"{param.name}={argument(param, mem, arguments)}" for param in params if not param.is_result]
        line = f"{name}({', '.join(shown)})"
        try:
            code = body(wasi, mem, *arguments)
        except BaseException as error:
            sink(f"{line} -> {type(error).__name__}")
            raise
        sink(f"{line} -> {results(params, mem, arguments) if code == 0 else abi.ERRNO_NAMES[code]}")
        return code

    return function
