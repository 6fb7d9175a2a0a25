"""What memories begin with, kept once for all instances of a module: each sees exactly what copying segments would give it.

All runs with images, where the system has them, and without.
"""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wat import wat2wasm
from wasmvm import Global, GlobalType, Instance, Limits, Memory, MemoryType, Module, Store, Table, TableType, Trap
from wasmvm._core import InitialData, image_of, limit_images
from wasmvm.errors import InternalError, LinkError
from wasmvm.types import FUNCREF, I32

PAGE = 65536
LINUX = sys.platform == "linux"
needs_images = pytest.mark.skipif(not LINUX, reason="images need memfd_create")
ROOT = Path(__file__).resolve().parents[3]
BYTES = bytes(random.Random(1).randbytes(3 * 4096 * 8))


@pytest.fixture(params=["images", "copies"])
def images(request: pytest.FixtureRequest) -> Iterator[bool]:
    wanted = request.param == "images"
    before = limit_images(64 if wanted else 0)
    yield wanted and LINUX
    limit_images(before)


def text(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def module(segments: list[tuple[int, bytes]], pages: int = 4, more: str = "") -> Module:
    parts = "".join(f'(data (i32.const {offset}) "{text(data)}")' for offset, data in segments)
    return Module(wat2wasm(f'(module (memory (export "m") {pages}) {parts} {more})'))


def expected(segments: list[tuple[int, bytes]], size: int) -> bytes:
    made = bytearray(size)
    for offset, data in segments:
        made[offset : offset + len(data)] = data
    return bytes(made)


def images_open() -> set[int]:
    """The descriptors of this process that are images."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            if "memfd:wasmvm" in os.readlink(f"/proc/self/fd/{name}"):
                found.add(int(name))
        except FileNotFoundError:  # the listing's own
            pass
    return found


def descriptors() -> int:
    return len(images_open())


def test_instances_are_alike_and_apart(images: bool) -> None:
    segments = [(100, BYTES), (PAGE, b"second"), (PAGE + 2, b"CON")]
    made = module(segments)
    begin = expected(segments, 4 * PAGE)
    living = [Instance(made, store=Store()).exports.m for _ in range(5)]
    assert [memory.has_image for memory in living] == [False, *[images] * 4], "one instance alone needs none"
    for i, memory in enumerate(living):
        assert memory.read(0, 4 * PAGE) == begin
        memory.write(0, bytes([i + 1]) * 4 * PAGE)
    assert [memory.read(0, 4 * PAGE) for memory in living] == [bytes([i + 1]) * 4 * PAGE for i in range(5)]
    assert Instance(made).exports.m.read(0, 4 * PAGE) == begin


def test_memories_that_are_used_again(images: bool) -> None:
    """What the last one wrote is gone, beyond its first pages as well; other modules find zeros, or what is theirs."""
    one, other = module([(5, BYTES)]), module([(9000, BYTES[::-1])])
    plain = Module(wat2wasm('(module (memory (export "m") 4))'))
    contents = {
        one: expected([(5, BYTES)], 4 * PAGE),
        other: expected([(9000, BYTES[::-1])], 4 * PAGE),
        plain: bytes(4 * PAGE),
    }
    chance = random.Random(2)
    kept = []
    for _ in range(200):
        chosen = chance.choice(list(contents))
        memory = Instance(chosen).exports.m
        assert memory.read(0, 4 * PAGE) == contents[chosen]
        memory.grow(2)
        assert memory.read(4 * PAGE, 2 * PAGE) == bytes(2 * PAGE)
        memory.write(0, b"\xee" * 6 * PAGE)
        if chance.random() < 0.2:
            kept.append(memory)
        if len(kept) > 10:
            kept.clear()


def test_memory_after_its_module_is_gone(images: bool) -> None:
    made = module([(0, BYTES)])
    memories = [Instance(made).exports.m for _ in range(3)]
    spare = Instance(made)
    del spare, made
    assert [memory.read(0, len(BYTES)) == BYTES for memory in memories] == [True] * 3
    fresh = [Memory(Store(), MemoryType(Limits(4, None))) for _ in range(12)]
    assert not any(memory.has_image for memory in fresh)
    assert {memory.read(0, 4 * PAGE) for memory in fresh} == {bytes(4 * PAGE)}


@pytest.mark.parametrize("seed", range(6))
def test_any_segments(images: bool, seed: int) -> None:
    chance = random.Random(seed)
    size = 4 * PAGE
    segments = []
    for _ in range(chance.choice([1, 3, 40])):
        data = chance.randbytes(chance.choice([0, 1, 100, 4096, 30000]))
        segments.append((chance.choice([chance.randrange(size - len(data) + 1), size - len(data), 4096]), data))
    made = module(segments)
    for _ in range(4):
        assert Instance(made).exports.m.read(0, size) == expected(segments, size)


def test_segments_that_follow_those_of_the_image(images: bool) -> None:
    """Offsets that are not constants, other memories, and passive segments come where they stand."""
    made = Module(
        wat2wasm(f"""(module (import "e" "g" (global $g i32)) (memory (export "m") 4) (memory (export "n") 1)
          (data (i32.const 0) "{text(BYTES)}") (data $passive "passive") (data (global.get $g) "moved")
          (data (i32.const 12) "last") (data (memory 1) (i32.const 3) "other")
          (func (export "init") (param i32) (memory.init $passive (i32.const 0) (i32.const 0) (local.get 0))))""")
    )
    for _ in range(3):
        store = Store()
        exports = Instance(made, {"e": {"g": Global(store, GlobalType(I32, False), 10)}}, store).exports
        assert exports.m.read(0, 20) == BYTES[:10] + b"mo" + b"last" + BYTES[16:20]
        assert exports.n.read(3, 6) == b"other\0"
        exports.init(7)
        assert exports.m.read(0, 7) == b"passive"


def test_segments_of_the_image_are_dropped(images: bool) -> None:
    made = module(
        [(0, BYTES)],
        more='(func (export "again") (param i32) (memory.init 0 (i32.const 0) (i32.const 0) (local.get 0)))',
    )
    for _ in range(3):
        exports = Instance(made).exports
        exports.again(0)
        with pytest.raises(Trap, match="out of bounds"):
            exports.again(1)


def test_a_segment_that_does_not_fit(images: bool) -> None:
    """Who can still look sees what was written before it, and that neither it nor those after it were dropped."""
    made = Module(
        wat2wasm(f"""(module (import "e" "t" (table 2 funcref)) (memory 1) (elem (i32.const 0) $read $init)
          (data (i32.const 0) "{text(BYTES[:40000])}") (data (i32.const 65535) "xy") (data (i32.const 8) "late")
          (func $read (param i32) (result i32) (i32.load8_u (local.get 0)))
          (func $init (param i32) (result i32) (memory.init 2 (i32.const 0) (i32.const 0) (i32.const 4)) (i32.const 0)))""")
    )
    for _ in range(3):
        store = Store()
        table = Table(store, TableType(FUNCREF, Limits(2, None)))
        with pytest.raises(Trap) as caught:
            Instance(made, {"e": {"t": table}}, store)
        assert caught.value.code == "memory_out_of_bounds"
        read, init = table[0], table[1]
        assert [read(8), read(39999), read(65535)] == [BYTES[8], BYTES[39999], 0]
        init(0)
        assert bytes(read(i) for i in range(5)) == b"late" + BYTES[4:5]


def test_imported_memories_keep_what_they_have(images: bool) -> None:
    made = Module(wat2wasm(f'(module (import "e" "m" (memory 1)) (data (i32.const 4096) "{text(BYTES[:20000])}"))'))
    for _ in range(3):
        store = Store()
        memory = Memory(store, MemoryType(Limits(1, None)))
        memory.write(0, b"\xaa" * PAGE)
        Instance(made, {"e": {"m": memory}}, store)
        assert memory.read(0, PAGE) == b"\xaa" * 4096 + BYTES[:20000] + b"\xaa" * (PAGE - 24096)


@needs_images
@pytest.mark.parametrize(
    ("segments", "pays"),
    [
        ([(0, BYTES[: 16 << 10])], True),
        ([(0, BYTES[: (16 << 10) - 1])], False),
        ([(0, BYTES[:20000]), (3 * PAGE, b"x")], False),
        ([(0, BYTES), (3 * PAGE, b"x")], True),
    ],
    ids=["enough", "little", "far apart", "near enough"],
)
def test_when_an_image_pays(segments: list[tuple[int, bytes]], pays: bool) -> None:
    made = module(segments)
    Instance(made)
    memory = Instance(made).exports.m
    assert memory.has_image == pays
    assert memory.read(0, 4 * PAGE) == expected(segments, 4 * PAGE)


@needs_images
def test_nobody_can_change_an_image() -> None:
    made = module([(0, BYTES)])
    before = images_open()
    instances = [Instance(made), Instance(made)]
    (image,) = images_open() - before
    assert not os.get_inheritable(image)
    for change in (lambda: os.pwrite(image, b"x", 0), lambda: os.ftruncate(image, 0)):
        with pytest.raises(PermissionError):
            change()
    assert instances[1].exports.m.read(0, len(BYTES)) == BYTES


@needs_images
def test_descriptors_are_few_and_go_with_their_modules() -> None:
    gc.collect()
    before = descriptors()
    modules = [module([(i, BYTES[: 17 << 10])]) for i in range(80)]
    for _ in range(3):
        for i, made in enumerate(modules):
            assert Instance(made).exports.m.read(i, 17 << 10) == BYTES[: 17 << 10]
    assert before < descriptors() <= before + 64
    del modules, made
    gc.collect()
    assert descriptors() == before


@needs_images
def test_pages_go_with_the_last_memory() -> None:
    """Addresses that are kept for the next memory do not hold an image that no other memory will begin with."""
    gc.collect()  # images of other tests
    made = module([(0, BYTES)])
    memories = [Instance(made).exports.m for _ in range(4)]
    assert "memfd:wasmvm" in Path("/proc/self/maps").read_text()
    before = descriptors()
    del made
    gc.collect()
    assert memories[-1].has_image
    own = Path("/proc/self/maps").read_text().count("memfd:wasmvm")
    memories.clear()
    gc.collect()
    assert descriptors() == before - 1
    assert Path("/proc/self/maps").read_text().count("memfd:wasmvm") == own - 3


@needs_images
def test_an_image_that_is_not_done() -> None:
    """An interruption ends the making of it; the next instance has one."""
    gc.collect()  # images of other tests
    made = module([(0, BYTES * 40)], pages=64)
    Instance(made)
    before = descriptors()
    store = Store()
    store.interrupt()
    with pytest.raises(Trap, match="interrupted"):
        Instance(made, store=store)
    assert descriptors() == before
    memory = Instance(made).exports.m
    assert memory.has_image
    assert memory.read(0, 40 * len(BYTES)) == BYTES * 40


def test_a_memory_of_more_bytes_than_there_are_numbers(images: bool) -> None:
    data = f'(data (i64.const 0) "{text(BYTES * 20)}")'
    for pages in (1 << 24, 1 << 48):
        made = Module(wat2wasm(f"(module (memory i64 {pages}) {data})"))
        for _ in range(3):
            with pytest.raises(LinkError, match=f"memory minimum size of {pages} pages exceeds memory limits"):
                Instance(made)


@needs_images
def test_an_image_must_fit() -> None:
    data = InitialData(BYTES)
    data.add(0, 0, PAGE, 0, len(BYTES))
    with pytest.raises(InternalError):
        data.add(0, 0, 0, 0, len(BYTES) + 1)
    assert not data.plan_image(0, 65536)
    assert not data.plan_image(1, 65536)
    assert image_of(Store(), data) is None
    assert data.plan_image((1 << 64) - 1, 65536), "as many pages as there can be"
    assert data.plan_image(4, 65536)
    image = image_of(Store(), data)
    assert image is not None
    with pytest.raises(InternalError, match="image"):
        Memory(Store(), MemoryType(Limits(1, None)), image)
    assert Memory(Store(), MemoryType(Limits(4, None)), image).read(PAGE, len(BYTES)) == BYTES


CLOSED = """
import os, tempfile
from tests.machine.store.test_image import BYTES, Instance, module
made = module([(0, BYTES)])
kept = [Instance(made) for _ in range(3)]
os.closerange(3, 256)
files = [open(tempfile.mkstemp()[1], "wb+") for _ in range(40)]
for file in files:
    os.unlink(file.name)
    file.write(b"secret" * 100000)
    file.flush()
more = [Instance(made) for _ in range(20)]
assert all(i.exports.m.read(0, len(BYTES)) == BYTES for i in kept + more)
del made, kept, more
assert all(os.fstat(file.fileno()).st_size == 600000 for file in files)
print("done")
"""

FORKED = """
import os
from tests.machine.store.test_image import BYTES, Instance, module
made = module([(0, BYTES)])
kept = [Instance(made).exports.m for _ in range(3)]
kept[1].write(5, b"before")
child = os.fork()
if child == 0:
    ok = kept[1].read(5, 6) == b"before" and kept[2].read(0, len(BYTES)) == BYTES
    for memory in kept:
        memory.write(0, b"child" * 1000)
    ok = ok and all(Instance(made).exports.m.read(0, len(BYTES)) == BYTES for _ in range(12))
    os._exit(0 if ok else 1)
assert os.waitpid(child, 0)[1] == 0
assert kept[1].read(0, 11) == BYTES[:5] + b"before" and kept[2].read(0, len(BYTES)) == BYTES
assert all(Instance(made).exports.m.read(0, len(BYTES)) == BYTES for _ in range(12))
print("done")
"""

NO_DESCRIPTORS = """
import resource
from tests.machine.store.test_image import BYTES, Instance, module
made = module([(0, BYTES)])
resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
made_instances = [Instance(made).exports.m for _ in range(6)]
assert not any(m.has_image for m in made_instances)
assert all(m.read(0, len(BYTES)) == BYTES for m in made_instances)
print("done")
"""


@needs_images
@pytest.mark.parametrize("script", [CLOSED, FORKED, NO_DESCRIPTORS], ids=["closed", "forked", "no descriptors"])
def test_what_programs_do_to_descriptors(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr
