"""Standard output, whose own failures are told apart from all others."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, TypeVar

__all__ = ["OutputError", "guarded_output"]

_Result = TypeVar("_Result")


class OutputError(OSError):
    """Standard output could not be written, on a full disk for one."""


class _Outlet:
    """A text stream; everything but its failures is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return _told(self._stream.write, text)

    def flush(self) -> None:
        _told(self._stream.flush)


def _told(call: Callable[..., _Result], *arguments: Any) -> _Result:
    try:
        return call(*arguments)
    except BrokenPipeError:
        raise  # a reader that left is nothing to complain of
    except OSError as error:
        raise OutputError(*error.args) from error


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Let everything that is written to standard output raise :class:`OutputError`."""
    if sys.stdout is None:  # as it is where the descriptor was closed
        yield
        return
    stream: Any = _Outlet(sys.stdout)
    with contextlib.redirect_stdout(stream):
        yield
