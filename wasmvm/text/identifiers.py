"""Strings and identifiers on their way out: names of the name section as text (spec "Strings", spec "Identifiers")."""

from __future__ import annotations

_IDCHARS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-./:<=>?@\\^_`|~")
_BYTE_TEXT = [chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:02x}" for b in range(256)]


def quoted_bytes(data: bytes) -> str:
    """A string literal for any bytes."""
    return f'"{"".join(map(_BYTE_TEXT.__getitem__, data))}"'


def quoted(text: str) -> str:
    """A string literal for a name."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{{{ord(c):x}}}" for c in text) + '"'


def identifier(name: str) -> str:
    """The identifier that spells a name, which is not empty."""
    return f"${name}" if _IDCHARS.issuperset(name) else f"${quoted(name)}"


class Space:
    """An index space: what its members are called.

    Attributes:
        names: those of the given names whose index exists.
    """

    __slots__ = ("_identifiers", "names")

    def __init__(self, names: dict[int, str], count: int) -> None:
        self.names = {index: name for index, name in names.items() if index < count}
        self._identifiers: dict[int, str] = {}
        taken = set(self.names.values())
        seen: set[str] = set()
        for index, name in self.names.items():
            unique = name
            if not name or name in seen:
                # An empty name, or one that another has: make an identifier up, and put the name beside it.
                unique = f"{name}#{index}"
                while unique in taken:
                    unique += "#"
                taken.add(unique)
            seen.add(name)
            self._identifiers[index] = identifier(unique)

    def __contains__(self, index: int) -> bool:
        return index in self._identifiers

    def ref(self, index: int) -> str:
        """How an instruction or field names a member."""
        return self._identifiers.get(index) or str(index)

    def bind(self, index: int) -> str:
        """How the definition of a named member begins: its identifier, and its name if that differs."""
        chosen = self._identifiers[index]
        name = self.names[index]
        return chosen if name and chosen == identifier(name) else f"{chosen} (@name {quoted(name)})"

    def define(self, index: int) -> str:
        """How the definition of any member begins: as `bind`, and the index in a comment."""
        return f"{self.bind(index)} (;{index};)" if index in self._identifiers else f"(;{index};)"
