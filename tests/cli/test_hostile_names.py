"""Whatever a module is called, and its parts are: nothing of it reaches the terminal as it is."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

import wasmvm
from tests import encode
from wasmvm.cli.main import COMMANDS, main
from wasmvm.reader import MAX_NAME
from wasmvm.types import Limits, MemoryType

NAMES = (
    "\x1b]0;owned\x07\x1b[2J\nwasmvm: all is well",
    "\r\x1b[A\x9b1m\x85\x00\x7f",
    "a\u202eb\u2066c\u200bd\ufeff\u2028e",
    "{0}%s{}\\\"'",
    "\x1b[31m" * 20_000,  # as long as a name may be
)
"""What terminals obey: sequences of both kinds, ends of lines, the direction of writing; formats; and a long one."""


def hostile(word: str, *, imports: bool = False, valid: bool = True) -> bytes:
    """A module in which everything that may have a name has this one; its exported function traps."""
    name = encode.name(word)

    def names(subsection: int, *indices: int) -> bytes:
        return bytes([subsection]) + vec_of(encode.vec(encode.uleb(index) + name for index in indices))

    def vec_of(content: bytes) -> bytes:
        return encode.uleb(len(content)) + content

    types = encode.section(encode.TYPE, encode.vec([encode.functype()]))
    imported = encode.section(encode.IMPORT, encode.vec([name + name + b"\0\0", name + name + b"\3\x7f\0"]))
    exports = [name + b"\0\1"] if valid else [name + b"\0\1", name + b"\0\1"]
    if not imports:
        imported, exports = b"", [export[:-1] + b"\0" for export in exports]
    local_names = b"\2" + vec_of(encode.vec([encode.uleb(int(imports)) + encode.vec([b"\0" + name])]))
    custom = encode.name("name") + b"\0" + vec_of(name) + names(1, 0, 1) + local_names + names(4, 0)
    return encode.module(
        types,
        imported,
        encode.section(encode.FUNCTION, encode.vec([b"\0"])),
        encode.section(encode.EXPORT, encode.vec(exports)),
        encode.section(encode.CODE, encode.vec([encode.body(b"\0\x0b", [b"\1\x7f"])])),
        encode.section(encode.CUSTOM, custom),
        encode.section(encode.CUSTOM, name + b"data"),
    )


def check(text: str) -> None:
    """See that a text is harmless; the end of it is what a failure shows."""
    harmless = all(line.isprintable() for line in text.split("\n")) and len(text) < 20_000
    assert harmless, f"{len(text)} characters: {text[-500:]!a}"


@pytest.fixture(params=range(len(NAMES)))
def word(request: pytest.FixtureRequest) -> str:
    return NAMES[request.param]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Collects what the command line printed, and sees at the end that all of it is harmless."""
    texts: list[str] = []
    yield texts
    out, err = capsys.readouterr()
    texts += [out, err]
    assert any(texts)
    for text in texts:
        check(text)


def call(*words: str) -> int:
    try:
        return main(list(words))
    except SystemExit as end:  # argparse
        return int(end.code or 0)


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--no-cache"),
        ("run", "--no-cache", "--invoke", "none"),
        ("run", "--no-cache", "--invoke", "{name}"),
        ("run", "--no-cache", "--trace", "wasi", "--invoke", "{name}"),
        ("validate",),
        ("inspect",),
        ("inspect", "--lowered", "1"),
        ("inspect", "--lowered", "{name}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("imports", [False, True])
@pytest.mark.parametrize("valid", [False, True])
def test_commands(
    word: str, command: tuple[str, ...], imports: bool, valid: bool, tmp_path: Path, shown: list[str]
) -> None:
    path = tmp_path / "m.wasm"
    path.write_bytes(hostile(word, imports=imports, valid=valid))
    code = call(*[part.format(name=word) if "{" in part else part for part in command], str(path))
    shown.append(f"exit {code}")
    assert code in ((0, 1, 134) if valid else (1,))


def test_text(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, text = tmp_path / "m.wasm", tmp_path / "m.wat"
    binary = hostile(word)
    path.write_bytes(binary)
    assert call("wasm2wat", str(path)) == 0
    out, _ = capsys.readouterr()
    assert all(line.isprintable() for line in out.split("\n"))
    assert wasmvm.wat2wasm(out) == binary
    # The same words in a text that is wrong, where an error shows them.
    for wrong in (
        f"(module (func $f) {word[:300]}",
        f'(module (call "{word}"))',
        f"(module (func (call ${word[:90]})))",
    ):
        text.write_text(wrong)
        assert call("wat2wasm", str(text)) == 1
        script = tmp_path / "m.wast"
        script.write_text(f'(module)\n(assert_invalid (module quote "{wrong[:99]}") "x")\n{wrong}')
        assert call("wast", str(script)) == 1
        for shown in capsys.readouterr():
            check(shown)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file names")
@pytest.mark.parametrize("command", [*COMMANDS, "--version"])
def test_names_of_files(command: str, tmp_path: Path, shown: list[str]) -> None:
    for name in (NAMES[0], NAMES[1].replace("\0", ""), NAMES[2], "\udcff\udc9b"):
        for made in (False, True):
            path = tmp_path / f"{name}.wat"
            if made:
                path.write_bytes(b"\0asm\1\0\0\0\7")
            shown.append(f"exit {call(command, str(path))}")


def test_python(word: str) -> None:
    """Tracebacks, messages and representations of the API; attributes have the names as they are."""
    module = wasmvm.Module(hostile(word))
    instance = wasmvm.Instance(module)
    function = instance.exports[word]
    with pytest.raises(wasmvm.Trap) as trap:
        function()
    frame = trap.value.frames[0]
    assert (frame.name, frame.module_name, module.name, module.exports[0].name) == (word, word, word, word)
    texts = [repr(thing) for thing in (module, instance, instance.exports, function, module.exports, frame)]
    texts += [trap.value.backtrace(), str(trap.value), "".join(traceback.format_exception(trap.value))]
    importing = wasmvm.Module(hostile(word, imports=True))
    texts += [repr(importing.imports)]
    memory = wasmvm.Memory(wasmvm.Store(), MemoryType(Limits(1)))
    for imports in ({}, {word: {word: 5}}, {word: {word: memory}}):
        with pytest.raises(wasmvm.LinkError) as link:
            wasmvm.Instance(importing, imports)
        assert (link.value.module, link.value.name) == (word, word)
        texts += [str(link.value), repr(link.value), "".join(traceback.format_exception(link.value))]
    with pytest.raises(TypeError) as wrong:
        function(1)
    texts.append(str(wrong.value))
    with pytest.raises(wasmvm.ValidationError) as invalid:
        wasmvm.Module(hostile(word, valid=False))
    texts.append(str(invalid.value))
    for text in texts:
        check(text)


@pytest.mark.parametrize("depth", [1, 150])
def test_a_long_name_is_not_multiplied(depth: int) -> None:
    """A trap costs some kilobytes, whatever the functions on the stack are called."""
    import tracemalloc

    word = "n" * MAX_NAME
    text = """(module (func $f (export "run") (param i32)
      (if (i32.eqz (local.get 0)) (then unreachable)) (call $f (i32.sub (local.get 0) (i32.const 1)))))"""
    custom = encode.name("name") + b"\1" + (lambda c: encode.uleb(len(c)) + c)(encode.vec([b"\0" + encode.name(word)]))
    binary = wasmvm.wat2wasm(text)
    binary = binary[: binary.index(b"\x04name") - 2] + encode.section(encode.CUSTOM, custom)
    vm = wasmvm.instantiate(binary)
    assert vm.module.compiled.names.func_names[0] == word
    tracemalloc.start()
    try:
        with pytest.raises(wasmvm.Trap) as trap:
            vm.exports.run(depth)
        text = "".join(traceback.format_exception(trap.value))
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_NAME
    finally:
        tracemalloc.stop()
    assert len(text) < 100_000
    assert sys.getsizeof(trap.value.backtrace()) < 100_000
