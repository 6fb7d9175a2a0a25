"""The name section (spec "Name Section"), and what later proposals added to it.

Names are for people who read backtraces and listings, so nothing here is an error: where the section is damaged, the
names before the damage count and the rest is as if it were not there.
"""

from __future__ import annotations

from wasmvm.errors import DecodeError
from wasmvm.isa import codes
from wasmvm.reader import Reader
from wasmvm.syntax import Extent, Module


class Names:
    """The names that a module gives to its parts, by index. Each kind is read on first use."""

    def __init__(self, source: bytes, subsections: dict[int, Extent]) -> None:
        self._source = source
        self._subsections = subsections
        self._maps: dict[int, dict[int, str]] = {}
        self._indirect_maps: dict[int, dict[int, dict[int, str]]] = {}
        self._module_name: str | None = None

    def _reader(self, subsection: int) -> Reader:
        extent = self._subsections.get(subsection, Extent(0, 0))
        reader = Reader(self._source)
        reader.pos, reader.end = extent
        return reader

    def _map(self, subsection: int) -> dict[int, str]:
        if subsection not in self._maps:
            self._maps[subsection] = {}
            _read_map(self._reader(subsection), self._maps[subsection])
        return self._maps[subsection]

    def _indirect_map(self, subsection: int) -> dict[int, dict[int, str]]:
        if subsection not in self._indirect_maps:
            names = self._indirect_maps[subsection] = {}
            reader = self._reader(subsection)
            try:
                for _ in range(reader.length()):
                    if not _read_map(reader, names.setdefault(reader.u32(), {})):
                        break
            except DecodeError:
                pass
        return self._indirect_maps[subsection]

    @property
    def module_name(self) -> str | None:
        if self._module_name is None:
            try:
                self._module_name = self._reader(codes.NAME_MODULE).name()
            except DecodeError:
                return None
        return self._module_name

    @property
    def func_names(self) -> dict[int, str]:
        """By funcidx."""
        return self._map(codes.NAME_FUNC)

    @property
    def local_names(self) -> dict[int, dict[int, str]]:
        """By funcidx, then by localidx."""
        return self._indirect_map(codes.NAME_LOCAL)

    @property
    def label_names(self) -> dict[int, dict[int, str]]:
        """By funcidx, then by the number of the block in the order in which blocks begin."""
        return self._indirect_map(codes.NAME_LABEL)

    @property
    def type_names(self) -> dict[int, str]:
        return self._map(codes.NAME_TYPE)

    @property
    def table_names(self) -> dict[int, str]:
        return self._map(codes.NAME_TABLE)

    @property
    def mem_names(self) -> dict[int, str]:
        return self._map(codes.NAME_MEM)

    @property
    def global_names(self) -> dict[int, str]:
        return self._map(codes.NAME_GLOBAL)

    @property
    def elem_names(self) -> dict[int, str]:
        return self._map(codes.NAME_ELEM)

    @property
    def data_names(self) -> dict[int, str]:
        return self._map(codes.NAME_DATA)

    @property
    def field_names(self) -> dict[int, dict[int, str]]:
        """By typeidx, then by fieldidx."""
        return self._indirect_map(codes.NAME_FIELD)

    @property
    def tag_names(self) -> dict[int, str]:
        return self._map(codes.NAME_TAG)


def read_names(module: Module) -> Names:
    """The names in the first custom section called "name"; none if there is no such section."""
    subsections: dict[int, Extent] = {}
    content = next((custom.content for custom in module.customs if custom.name == codes.NAME_SECTION), None)
    if content is not None:
        reader = Reader(module.load(*content))
        reader.pos, reader.end = content
        try:
            while reader.pos < reader.end:
                subsection = reader.byte()
                size = reader.u32()
                start = reader.pos
                reader.skip(size)
                subsections.setdefault(subsection, Extent(start, reader.pos))
        except DecodeError:
            pass
    return Names(module.loaded, subsections)


def _read_map(reader: Reader, names: dict[int, str]) -> bool:
    """Read a name map into `names`, as far as it is intact; return whether all of it is."""
    try:
        for _ in range(reader.length()):
            idx = reader.u32()
            names[idx] = reader.name()
    except DecodeError:
        return False
    return True
