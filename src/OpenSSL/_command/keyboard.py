"""Typed lines, and a wait for them that another thread or a signal can always end.

``input()`` waits in C, where a signal ends it only if it arrives during the wait: one that
comes an instant before leaves a mark that nobody looks at until a key is pressed.  So the
signal is sent again until the main thread is away from the keyboard.

The terminal hands over key by key between two lines as well.  If it collected lines
there, as it does outside readline, a Ctrl-D typed in between would be lost: the kernel
keeps it as an end of a line, and gives a zero to whoever reads keys after that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

__all__ = ["Keyboard"]

#: Seconds between two signals.
_PAUSE = 0.01


class _Gone(Exception):
    """Nobody waits for what is typed any more."""


class Keyboard:
    """Lines from the terminal, for the main thread, in a ``with`` block."""

    def __init__(self) -> None:
        self._typing = False
        self._interrupted = False
        self._gone = False
        self._closing = threading.Event()
        self._rung, self._bell = os.pipe()
        self._insists = threading.Thread(target=self._insist, name="insist", daemon=True)

    def __enter__(self) -> Keyboard:
        self._cooked: list[Any] | None = None
        with contextlib.suppress(ImportError):
            # Its import is what makes input() edit lines and remember them.
            import readline  # noqa: F401

            self._cooked = _key_by_key()
        with contextlib.suppress(AttributeError):
            # Keys that are not letters here go out as they came.
            sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
        os.set_blocking(self._bell, False)
        self._former = signal.signal(signal.SIGINT, self._take)
        # C writes the numbers of signals there at once, wherever the main thread is.
        self._former_bell = signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        self._insists.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self._cooked:
            _set_terminal(self._cooked)
        signal.set_wakeup_fd(self._former_bell)
        os.close(self._bell)
        self._closing.set()
        self._insists.join()
        os.close(self._rung)
        # What was sent has been taken: nothing is left for this handler's successor.
        signal.signal(signal.SIGINT, self._former)

    def lines(self) -> Iterator[str]:
        """Give line after line, until the end of them or :meth:`leave`.

        Raises :class:`KeyboardInterrupt` once for Ctrl-C, unless :meth:`leave` came first.
        """
        while (line := self._line()) is not None:
            yield line

    def leave(self) -> None:
        """End the waiting, from any thread."""
        self._gone = True
        while self._typing:
            _signal_main_thread()
            if self._closing.wait(_PAUSE):
                return

    def _line(self) -> str | None:
        try:
            self._typing = True
            try:
                # Between two lookouts of the interpreter a signal only leaves a mark.  Of one
                # that came before _typing was set the mark is seen here, in C, and one that
                # comes later is sent again.
                signal.pthread_sigmask(signal.SIG_BLOCK, ())
                return self._read()
            finally:
                self._typing = False
        except (EOFError, _Gone):
            return None

    def _read(self) -> str | None:
        # leave() either sees that we type, or is seen here.
        return None if self._gone else input()

    def _take(self, number: int, frame: types.FrameType | None) -> None:
        # As often as it takes to get away from there, but once only elsewhere.
        reading = frame is not None and frame.f_code is Keyboard._read.__code__
        if self._gone:
            if reading:
                raise _Gone
        elif reading or not self._interrupted:
            self._interrupted = True
            raise KeyboardInterrupt

    def _insist(self) -> None:
        while numbers := os.read(self._rung, 512):
            while signal.SIGINT in numbers and self._typing:
                if not self._closing.wait(_PAUSE) and self._typing:
                    _signal_main_thread()


def _key_by_key() -> list[Any] | None:
    """Make the terminal hand over key by key; return how it was, or None if it is none."""
    with contextlib.suppress(ImportError):
        import termios

        with contextlib.suppress(termios.error):
            cooked = termios.tcgetattr(0)
            keys = list(cooked)
            # It still echoes: readline asks for that, to know whether it should.
            keys[3] &= ~termios.ICANON
            _set_terminal(keys)
            return cooked
    return None


def _set_terminal(attributes: list[Any]) -> None:
    import termios

    # Nothing typed is thrown away.  A terminal that is gone needs no settings.
    with contextlib.suppress(termios.error):
        termios.tcsetattr(0, termios.TCSADRAIN, attributes)


def _signal_main_thread() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
