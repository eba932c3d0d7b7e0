"""Files that a command is given: read once where they can only be read once.

``--cafile <(...)``, ``/dev/stdin`` and named pipes give their bytes a single time,
while OpenSSL may have to open a file twice: for a certificate and its key, or for
each of several connections.
"""

from __future__ import annotations

import os
import stat
import tempfile

from .failures import Failure
from .printable import printable

__all__ = ["open_private", "read", "reusable"]

_LIMIT = 64 << 20
#: What was read from a pipe, by the name it was given, for as long as the process runs.
_copies: dict[str, int] = {}


def read(path: str) -> bytes:
    """Return the bytes of the file at *path*; raise :class:`Failure` if it cannot be read."""
    try:
        with open(reusable(path), "rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _LIMIT:
        raise Failure("file", f"cannot read {printable(path)}: more than {_LIMIT >> 20} MiB")
    return data


def reusable(path: str) -> str:
    """Return a name under which the file at *path* can be read as often as needed."""
    if path in _copies:
        os.lseek(_copies[path], 0, os.SEEK_SET)
        return f"/dev/fd/{_copies[path]}"
    try:
        with open(path, "rb") as file:
            kind = os.fstat(file.fileno()).st_mode
            if stat.S_ISREG(kind):
                return path
            data = file.read(_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _LIMIT:
        raise Failure("file", f"cannot read {printable(path)}: more than {_LIMIT >> 20} MiB")
    _copies[path] = _in_memory(data)
    return reusable(path)


def open_private(path: str, *, append: bool) -> int:
    """Open *path* for writing and return its descriptor; only its owner can read a new file.

    A link is not followed: in a folder that others can write to, it may lead to
    any file of ours.  The descriptors that a shell hands over are links by
    nature, so these names mean the descriptor itself.
    """
    folder, _, number = path.rpartition("/")
    given = {"/dev/stdout": 1, "/dev/stderr": 2}.get(path)
    if folder in ("/dev/fd", "/proc/self/fd") and number.isdecimal():
        given = int(number)
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    flags |= os.O_APPEND if append else os.O_TRUNC
    try:
        return os.open(path, flags, 0o600) if given is None else os.dup(given)
    except OSError as error:
        words = "it is a link" if os.path.islink(path) else error.strerror or str(error)
        raise Failure("file", f"cannot write {printable(path)}: {words}") from error


def _in_memory(data: bytes) -> int:
    """Put *data*, which may be a private key, where no other user finds it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("brisktls")
    else:
        with tempfile.TemporaryFile() as file:  # has no name, as far as the system can
            descriptor = os.dup(file.fileno())
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    return descriptor


def _unreadable(path: str, error: OSError) -> Failure:
    return Failure("file", f"cannot read {printable(path)}: {error.strerror or error}")
