"""Writing the secrets of connections to a file, for Wireshark and its like."""

from __future__ import annotations

import contextlib
import os
import stat

from OpenSSL import SSL

from . import files
from .console import warn
from .failures import Failure
from .printable import printable

__all__ = ["log_keys"]


def log_keys(context: SSL.Context, path: str, stack: contextlib.ExitStack) -> None:
    """Append the connection's secrets to *path*, which only its owner can read if it is new."""
    descriptor = files.open_private(path, append=True)
    stack.callback(os.close, descriptor)
    status = os.fstat(descriptor)
    mode = status.st_mode
    if stat.S_ISREG(mode) and (mode & 0o077 or status.st_uid != os.geteuid()):
        warn(f"{printable(path)} holds secrets and can be read by others ({mode & 0o777:04o})")

    def log(connection: SSL.Connection, line: bytes) -> None:
        left = line + b"\n"
        try:
            # All at once, unless there is no room: then the rest says why.
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError as error:
            words = error.strerror or str(error)
            raise Failure("file", f"cannot write {printable(path)}: {words}") from error

    context.set_keylog_callback(log)
