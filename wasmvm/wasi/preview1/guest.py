"""The state of one guest: what it was granted, opened."""

from __future__ import annotations

from wasmvm.wasi.config import DirectoryGrant, HostDirectory, WasiConfig
from wasmvm.wasi.host import terms
from wasmvm.wasi.host.fdtable import FdTable
from wasmvm.wasi.host.streams import open_input, open_output
from wasmvm.wasi.host.timesource import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.wasi.host.directory import Directory


class Wasi:
    """One guest's WASI: its arguments, clocks and descriptors. A context manager; `close` closes the descriptors.

    Attributes:
        config: what was granted.
        table: the open descriptors.
        clock: `config.clock`.
    """

    def __init__(self, config: WasiConfig | None = None) -> None:
        """Open what `config` grants (by default nothing).

        Raises:
            OSError: if a directory or file that it names cannot be opened; nothing stays open then.
            TypeError: if it names something that cannot be a stream or a directory.
            NotImplementedError: for a `HostDirectory` on a platform without the calls that confine a guest to it.
        """
        self.config = config = config if config is not None else WasiConfig()
        self.clock = config.clock
        self.table = FdTable(config.max_descriptors)
        try:
            self.table.add(open_input(config.stdin))
            self._add_outputs(config)
            for name, source in config.dirs:
                self.table.add(_open_preopen(name, source, self.clock))
            for address in config.tcplisten:
                from wasmvm.wasi.host.sockets import open_listener

                self.table.add(open_listener(address))
        except BaseException:
            self.close()
            raise

    def _add_outputs(self, config: WasiConfig) -> None:
        limit = None
        if config.max_output is not None:
            from wasmvm.wasi.host.outputlimit import OutputLimit

            limit = OutputLimit(config.max_output)
        for fileno, sink in enumerate((config.stdout, config.stderr), 1):
            descriptor = open_output(sink, fileno)
            descriptor.limit = limit
            self.table.add(descriptor)

    def close(self) -> None:
        """Close all descriptors. Harmless when done twice."""
        self.table.close()

    def __del__(self) -> None:
        table = getattr(self, "table", None)  # it does not exist if the constructor raised early
        if table is not None:
            try:  # noqa: SIM105 - contextlib would take a millisecond of every start
                table.close()
            except OSError:
                pass

    def __enter__(self) -> Wasi:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _open_preopen(name: bytes, source: Any, clock: Clock) -> Directory:
    """The descriptor of a directory that the embedder grants under the guest's name `name`."""
    from wasmvm.wasi.host.directory import Directory  # which takes long to import, and many guests are granted none

    grant: DirectoryGrant = source if hasattr(source, "attach") else HostDirectory(source)
    tree, handle = grant.attach(clock)
    rights, inheriting = terms.RIGHTS_DIRECTORY, terms.RIGHTS_DIRECTORY | terms.RIGHTS_FILE
    if grant.read_only:
        rights &= ~terms.RIGHTS_CHANGING
        inheriting &= ~terms.RIGHTS_CHANGING
    directory = Directory(tree, handle, rights, inheriting)
    directory.read_only = grant.read_only
    directory.preopen = name
    return directory
