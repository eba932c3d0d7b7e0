"""``connect --interactive``: typed lines to the peer, its answers to the terminal.

Lines are edited, and called back with the arrow keys, by the standard readline; nothing
typed is kept in a file, because passwords are among it.  The main thread waits for the
keyboard, where Ctrl-C arrives; one thread carries bytes as ``--pipe`` does, and one shows
them, without the control codes by which a stranger could steer the terminal.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import threading
from collections.abc import Callable

from .dial import Call, settle
from .keyboard import Keyboard
from .pipe import Pipe
from .printable import printable

__all__ = ["possible", "run"]


def possible() -> bool:
    """Return whether somebody sits at a terminal, for input and output."""
    return all(each is not None and each.isatty() for each in (sys.stdin, sys.stdout))


def run(call: Call, ready: Callable[[], None]) -> None:
    """Talk until either side has ended; raise a failure if the peer was cut short.

    *ready* is called when every key counts.
    """
    if call.certificate_asked:
        settle(call)
    Talk(call).run(ready)


class Talk:
    """The two threads beside the keyboard, and the pipes between."""

    def __init__(self, call: Call) -> None:
        self._read_typed, self._write_typed = os.pipe()
        self._read_heard, self._write_heard = os.pipe()
        self._pipe = Pipe(call, self._read_typed, self._write_heard, half_close=False, by_hand=True)
        self._failure: Exception | None = None
        self._keyboard = Keyboard()

    def run(self, ready: Callable[[], None]) -> None:
        """Send what is typed, line by line, until there is no more of it or no peer."""
        threads = [
            threading.Thread(target=each, name=each.__name__, daemon=True)
            for each in (self._carry, self._show)
        ]
        with self._keyboard:
            ready()
            for thread in threads:
                thread.start()
            try:
                for line in self._keyboard.lines():
                    os.write(self._write_typed, line.encode("utf-8", "surrogateescape") + b"\r\n")
            except BrokenPipeError:
                pass
            finally:
                os.close(self._write_typed)
            for thread in threads:
                thread.join()
        if self._failure:
            raise self._failure

    def _carry(self) -> None:
        try:
            self._pipe.run()
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self._failure = error
        finally:
            os.close(self._read_typed)
            os.close(self._write_heard)

    def _show(self) -> None:
        try:
            # Where the terminal is gone, the closed pipe tells the other thread.
            with contextlib.suppress(OSError):
                self._copy()
        finally:
            os.close(self._read_heard)
            self._keyboard.leave()

    def _copy(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode
        text, ended = "", False
        while not ended:
            data = os.read(self._read_heard, 65536)
            ended = not data
            text += decode(data, ended)
            # Half of a CR LF waits for the other one.
            rest = "\r" if text.endswith("\r") and not ended else ""
            sys.stdout.write(_shown(text[: len(text) - len(rest)]))
            sys.stdout.flush()
            text = rest


def _shown(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    # No limit: a tab becomes eight characters at most, an escape has ten.
    return "\n".join(printable(line.expandtabs(), 100 * len(line)) for line in lines)
