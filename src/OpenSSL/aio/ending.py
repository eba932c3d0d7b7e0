"""Ending: flush, goodbye, the peer's goodbye; or at once; or by an error.

Theory.  An end is a close_notify.  A transport that ends without one has been cut, and the
protocol's ``connection_lost`` is told so.  Once nobody wants to read any more, the goodbye is
out and what comes is thrown away, it does not matter how the peer goes.
"""

from __future__ import annotations

import contextlib
import warnings

from OpenSSL._exceptions import Error, SysCallError
from OpenSSL._native.ssl.driving import DONE, WANT_WRITE, has_more, part, peer_has_parted, receive
from OpenSSL.aio.core import CLOSED, FLUSHING, PARTING, READ, ROUNDS, SHAKING
from OpenSSL.aio.writing import Writing

__all__ = ["Ending"]


class Ending(Writing):
    """The half of a transport that comes to an end."""

    __slots__ = ()

    def close(self) -> None:
        """Send what was written, then close_notify; wait for the peer's, and close."""
        if self._state >= FLUSHING:
            return
        if self._state == SHAKING:
            self._not_made(_closed())
            return
        self._state = FLUSHING
        self._update_input()
        self._moved = self._loop.time()
        self._timer = self._loop.call_later(self._end.patience, self._goodbye_too_long)
        if self._backlog is None:
            self._say_goodbye()

    def abort(self) -> None:
        """Close at once; what was not sent yet never will be, and no close_notify goes out."""
        if self._state == SHAKING:
            self._not_made(_closed())
        else:
            self._finish(None, gently=False)

    def _force_close(self, error: BaseException | None) -> None:
        """Close at once, by an error; TLS of asyncio's own on top of this one asks for it."""
        if self._state == SHAKING:
            self._not_made(error or _closed())
        else:
            self._finish(error, gently=False)

    def is_closing(self) -> bool:
        """Whether it is closing, or closed."""
        return self._state >= FLUSHING

    def _goodbye_too_long(self) -> None:
        seconds = self._end.patience
        rest = self._moved + seconds - self._loop.time()
        if rest > 0:  # something went meanwhile
            self._timer = self._loop.call_later(rest, self._goodbye_too_long)
            return
        self._timer = None
        self._finish(TimeoutError("SSL shutdown timed out"), gently=False)

    def _say_goodbye(self) -> None:
        """Send close_notify; when the transport is closing, also wait for the peer's."""
        if self._state == FLUSHING:
            self._state = PARTING
            self._moved = self._loop.time()
        if not self._parted:
            try:
                status = part(self._connection)
            except BaseException as error:  # noqa: BLE001  # whatever a callback raises
                self._put_out()
                self._part_failed(error)
                return
            self._put_out()
            if status == WANT_WRITE:
                self._watch_output()
                return
            self._parted = status == DONE
            self._write_wants_bytes = not self._parted
        if not self._read_wants_room:
            self._ignore_output()
        if self._state == PARTING and self._parted and peer_has_parted(self._connection):
            self._finish(None)
            return
        self._update_input()
        if self._state == PARTING and self._parted:
            self._listen_for_goodbye()

    def _part_failed(self, error: BaseException) -> None:
        """Nobody wants to read any more, so it does not matter how the peer went."""
        if self._state == PARTING and isinstance(error, SysCallError):
            self._finish(None)
        else:
            self._fail(error)

    def _listen_for_goodbye(self) -> None:
        """Throw away what comes until the peer's close_notify, or its end."""
        for _ in range(ROUNDS):
            try:
                data = receive(self._connection, READ)
            except BaseException as error:  # noqa: BLE001  # whatever a callback raises
                self._put_out()
                self._part_failed(error)
                return
            if data == b"":
                self._finish(None)
                return
            if type(data) is not bytes:
                self._read_stopped(data)  # type: ignore[arg-type]
                return
            if not has_more(self._connection):
                return
        self._loop.call_soon(self._listen_later)

    def _listen_later(self) -> None:
        if self._state == PARTING:
            self._listen_for_goodbye()

    def _not_made(self, error: BaseException, gently: bool = False) -> None:
        """End a connection that has not come to be, and tell who waits for it."""
        told, self._on_made = self._on_made, None
        failed = self._end.failed(error)
        if self._state != CLOSED:  # a protocol may abort, and fail in the same call
            self._drop(gently or isinstance(error, Error))
            if self._known:
                self._tell_soon(failed)
            else:
                self._let_go()
        try:
            if told is not None:
                told(failed)
        finally:
            if not self._known:
                self._done()

    def _done(self) -> None:
        if self._on_done is not None:
            told, self._on_done = self._on_done, None
            told(self)

    def _fail(self, error: BaseException) -> None:
        """End it by an error; what a callback has raised is told the loop as well."""
        if self._state == CLOSED:
            return
        if not isinstance(error, (Error, OSError)):
            self._report(error, "Fatal error in a callback of a TLS connection")
        self._finish(self._end.failed(error))
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            raise error

    def _fatal(self, error: BaseException, method: str) -> None:
        """End it because the protocol failed."""
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            self._finish(error)
            raise error
        self._report(error, f"Fatal error: protocol.{method}() call failed.")
        self._finish(error)

    def _report(self, error: BaseException, message: str) -> None:
        self._loop.call_exception_handler(
            {
                "message": message,
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
        )

    def _drop(self, gently: bool) -> None:
        self._state = CLOSED
        self._stop_timer()
        for each in self._end.asked:
            each.end()
        if self._end.judge is not None:
            with contextlib.suppress(Error):  # what is below is closed in any case
                self._end.judge.refuse()
            self._put_out()
        self._backlog = None
        self._tell_empty()
        self._leave(gently)

    def _finish(self, error: BaseException | None, gently: bool = True) -> None:
        if self._state == CLOSED:
            return
        self._drop(gently)
        self._tell_soon(error)

    def _tell_soon(self, error: BaseException | None) -> None:
        try:
            self._loop.call_soon(self._tell_lost, error)
        except RuntimeError:  # the loop is closed: nobody is told, but nothing stays open
            self._let_go()
            raise

    def _tell_lost(self, error: BaseException | None) -> None:
        try:
            self._protocol.connection_lost(error)  # type: ignore[arg-type]
        finally:
            self._let_go()
            self._done()

    def __del__(self) -> None:
        if getattr(self, "_state", CLOSED) != CLOSED:
            words = f"unclosed transport {self!r}"
            warnings.warn(words, ResourceWarning, stacklevel=2, source=self)
            self._state = CLOSED
            self._stop_timer()
            self._let_go()


def _closed() -> ConnectionAbortedError:
    return ConnectionAbortedError("the transport was closed in the handshake")
