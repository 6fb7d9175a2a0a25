"""Text of outsiders in text for people: what a module, a guest or a file name says, in messages and on terminals.

A module chooses its names: these may hold escape sequences, line breaks, marks that turn the direction of writing, or
megabytes. Attributes have them as they are; messages, listings and tracebacks have what these functions make of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 200
"""Characters of a name that are shown."""


def cut(text: str, most: int = MAX_LENGTH) -> str:
    """The text, with ``...`` in place of what follows the first `most` characters."""
    return text if len(text) <= most else text[:most] + "..."


def escaped(text: str, most: int | None = MAX_LENGTH) -> str:
    """The text with whatever is not printable as an escape of Python, cut with ``...`` after `most` characters."""
    if most is not None and len(text) > most:
        return escaped(text[:most], None) + "..."
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode() for char in text])


def escaped_lines(text: str, most: int | None = None) -> str:
    """As `escaped`, but line breaks stay."""
    if most is not None and len(text) > most:
        return escaped_lines(text[:most]) + "..."
    return text if text.isprintable() else "\n".join([escaped(line, None) for line in text.split("\n")])


def quoted(text: str, most: int = MAX_LENGTH) -> str:
    """A string literal: the text, escaped, in double quotes; ``...`` after it says that it was cut."""
    shown = escaped(text[:most].replace("\\", "\\\\"), None).replace('"', '\\"')
    return f'"{shown}"' + ("..." if len(text) > most else "")


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names in a row, escaped, or "none"; the empty one as ``""``; after the first `most` only how many more."""
    shown = list(names)
    more = len(shown) - most
    return (", ".join([escaped(name) or '""' for name in shown[:most]]) or "none") + (
        f" and {more} more" if more > 0 else ""
    )


def quoted_bytes(data: bytes, most: int) -> str:
    """As `quoted`, of bytes that should be UTF-8, cut after `most` of them."""
    text = data[:most].decode("utf-8", "backslashreplace")
    return quoted(text, len(text)) + ("..." if len(data) > most else "")
