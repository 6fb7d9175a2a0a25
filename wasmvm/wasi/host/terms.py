"""What files are, how they are opened, and what may be done with them.

These are not the numbers of any interface that guests call: each interface maps its own to these (preview 1 in `abi`).
"""

from __future__ import annotations

# --- kinds of files ---------------------------------------------------------------------------------------------------

FILETYPE_UNKNOWN = "unknown"
"""A pipe, or an object of the embedder."""
FILETYPE_BLOCK_DEVICE = "block device"
FILETYPE_CHARACTER_DEVICE = "character device"
FILETYPE_DIRECTORY = "directory"
FILETYPE_REGULAR_FILE = "regular file"
FILETYPE_SOCKET_DGRAM = "datagram socket"
FILETYPE_SOCKET_STREAM = "stream socket"
FILETYPE_SYMBOLIC_LINK = "symbolic link"

# --- flags of what is open --------------------------------------------------------------------------------------------

FLAG_APPEND = 1 << 0
"""Write at the end."""
FLAG_NONBLOCK = 1 << 1
"""Do not wait."""
FLAG_SYNC = 1 << 2
"""A write ends when contents and attributes are on stable storage."""
FLAG_DSYNC = 1 << 3
"""A write ends when the contents are."""
FLAG_RSYNC = 1 << 4
"""As `FLAG_SYNC`."""

# --- how a path is opened ---------------------------------------------------------------------------------------------

OPEN_CREATE = 1 << 0
"""Create a file if there is nothing."""
OPEN_EXCLUSIVE = 1 << 1
"""Fail if there is something."""
OPEN_TRUNCATE = 1 << 2
"""Cut the file to nothing."""
OPEN_DIRECTORY = 1 << 3
"""Fail unless it is a directory."""

# --- rights -----------------------------------------------------------------------------------------------------------

MAY_READ = 1 << 0
MAY_WRITE = 1 << 1
MAY_SEEK = 1 << 2
MAY_TELL = 1 << 3
MAY_POLL = 1 << 4
MAY_STAT = 1 << 5
MAY_SET_FLAGS = 1 << 6
MAY_SET_SIZE = 1 << 7
MAY_SET_TIMES = 1 << 8
MAY_ADVISE = 1 << 9
MAY_ALLOCATE = 1 << 10
MAY_SYNC = 1 << 11
MAY_SYNC_DATA = 1 << 12
MAY_LIST = 1 << 13
MAY_OPEN = 1 << 14
MAY_CREATE_FILE = 1 << 15
MAY_CREATE_DIRECTORY = 1 << 16
MAY_REMOVE_DIRECTORY = 1 << 17
MAY_UNLINK = 1 << 18
MAY_SYMLINK = 1 << 19
MAY_READ_LINK = 1 << 20
MAY_LINK_FROM = 1 << 21
MAY_LINK_TO = 1 << 22
MAY_RENAME_FROM = 1 << 23
MAY_RENAME_TO = 1 << 24
MAY_STAT_PATH = 1 << 25
MAY_SET_SIZE_OF_PATH = 1 << 26
MAY_SET_TIMES_OF_PATH = 1 << 27
MAY_ACCEPT = 1 << 28
MAY_SHUT_DOWN = 1 << 29

RIGHTS_STREAM = MAY_READ | MAY_WRITE | MAY_SET_FLAGS | MAY_SYNC | MAY_SYNC_DATA | MAY_STAT | MAY_POLL
"""What applies to a pipe, a terminal, or an object of the embedder."""
RIGHTS_FILE = RIGHTS_STREAM | MAY_SEEK | MAY_TELL | MAY_ADVISE | MAY_ALLOCATE | MAY_SET_SIZE | MAY_SET_TIMES
"""What applies to a regular file."""
RIGHTS_PATH = (
    MAY_CREATE_DIRECTORY | MAY_CREATE_FILE | MAY_LINK_FROM | MAY_LINK_TO | MAY_OPEN | MAY_READ_LINK
    | MAY_RENAME_FROM | MAY_RENAME_TO | MAY_STAT_PATH | MAY_SET_SIZE_OF_PATH | MAY_SET_TIMES_OF_PATH
    | MAY_SYMLINK | MAY_REMOVE_DIRECTORY | MAY_UNLINK
)  # fmt: skip
"""What applies to paths that begin in a directory."""
RIGHTS_DIRECTORY = RIGHTS_PATH | MAY_LIST | MAY_STAT | MAY_SET_TIMES | MAY_SET_FLAGS | MAY_SYNC | MAY_SYNC_DATA
"""What applies to a directory itself."""
RIGHTS_SOCKET = MAY_READ | MAY_WRITE | MAY_SET_FLAGS | MAY_STAT | MAY_POLL | MAY_SHUT_DOWN
RIGHTS_LISTENER = MAY_READ | MAY_SET_FLAGS | MAY_STAT | MAY_POLL | MAY_ACCEPT
"""What applies to a listening socket; polling it takes the right to read."""
RIGHTS_CHANGING = (
    MAY_WRITE | MAY_ALLOCATE | MAY_SET_SIZE | MAY_SET_TIMES
    | MAY_CREATE_DIRECTORY | MAY_CREATE_FILE | MAY_LINK_FROM | MAY_LINK_TO
    | MAY_RENAME_FROM | MAY_RENAME_TO | MAY_SET_SIZE_OF_PATH | MAY_SET_TIMES_OF_PATH
    | MAY_SYMLINK | MAY_REMOVE_DIRECTORY | MAY_UNLINK
)  # fmt: skip
"""What a read-only directory does not grant. A link *from* it counts: the file could be written through the link."""
