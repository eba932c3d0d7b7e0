"""A TLS transport of asyncio: its handshake, its events, and what it tells."""

from __future__ import annotations

from asyncio.constants import _SendfileMode
from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import WantX509LookupError
from OpenSSL._native.ssl.driving import DONE, WANT_READ, WANT_WRITE, shake
from OpenSSL.aio.core import FLUSHING, OPEN, PARTING, SHAKING, cannot_wait
from OpenSSL.aio.ending import Ending
from OpenSSL.aio.facts import tell

if TYPE_CHECKING:
    from OpenSSL.aio.judging import Judge

__all__ = ["Transport"]


class Transport(Ending):
    """A TLS transport; the functions of :mod:`OpenSSL.aio` make it."""

    __module__ = "OpenSSL.aio"

    __slots__ = ()

    # asyncio asks these of a transport before it puts TLS, or a file, on top of it.
    _start_tls_compatible: bool = True
    _sendfile_compatible: Any = _SendfileMode.FALLBACK

    # ---- the handshake

    def _start(self, seconds: float) -> None:
        """Begin, with that much time for the handshake."""
        self._timer = self._loop.call_later(seconds, self._handshake_too_long, seconds)
        for each in self._end.asked:
            each.begin(self._go_on)
        self._shake()

    def _go_on(self) -> None:
        if self._state == SHAKING:
            self._shake()

    def _handshake_too_long(self, seconds: float) -> None:
        self._timer = None
        self._not_made(
            ConnectionAbortedError(
                f"SSL handshake is taking longer than {seconds} seconds: aborting the connection"
            )
        )

    def _shake(self) -> None:
        judge = self._end.judge
        if judge is not None and judge.asked:
            self._judge(judge)
            return
        try:
            status = shake(self._connection)
        except BaseException as error:  # noqa: BLE001  # whatever a callback raises
            self._put_out()
            self._not_made(error)
            return
        self._put_out()
        if self._state != SHAKING:
            return  # a callback of the connection has aborted it
        if status == DONE:
            if judge is None:
                self._made()
            else:
                self._judge(judge)
        elif status == WANT_READ:
            self._ignore_output()
            self._watch_input()
        elif status == WANT_WRITE:
            self._ignore_input()
            self._watch_output()
        else:
            self._wait_for_answer()

    def _wait_for_answer(self) -> None:
        """A callback is yet to answer: what comes or goes meanwhile is nothing to libssl."""
        if any(each.is_awaited() for each in self._end.asked):
            self._ignore_input()
            self._ignore_output()
        else:
            self._not_made(cannot_wait())

    def _judge(self, judge: Judge) -> None:
        """The handshake is done: go on only with a peer that is welcome."""
        try:
            judge.decide()
        except WantX509LookupError:
            self._wait_for_answer()
        except BaseException as error:  # noqa: BLE001  # whatever the callback raises
            self._not_made(error, gently=True)
        else:
            if self._state == SHAKING:  # else the callback has aborted it
                self._made()

    def _made(self) -> None:
        self._stop_timer()
        self._ignore_output()
        for each in self._end.asked:
            each.end()
        self._state = OPEN
        told, self._on_made = self._on_made, None
        try:
            if told is not None:
                told(None)
        except BaseException as error:  # noqa: BLE001  # the awaiting caller gets it
            self._on_made = told
            self._not_made(error)
            return
        if self._state == OPEN:
            self._update_input()
            self._after_handshake()

    # ---- events

    def _on_input(self) -> None:
        if self._state == SHAKING:
            self._shake()
            return
        if self._write_wants_bytes:
            self._write_wants_bytes = False
            self._flush()
        elif self._state == PARTING:
            self._listen_for_goodbye()
        if self._state == OPEN and not self._heard_end:
            if self._paused:
                self._update_input()
            else:
                self._read()

    def _on_output(self) -> None:
        if self._state == SHAKING:
            self._shake()
            return
        if self._read_wants_room:
            self._read_wants_room = False
            if self._state == OPEN and not self._paused:
                self._read()
        if self._state in (OPEN, FLUSHING):
            self._flush()
        elif self._state == PARTING and not self._parted:
            self._say_goodbye()

    # ---- what asyncio asks of a transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return a fact about the connection, or ``default`` where there is none.

        ``"connection"`` is the :class:`OpenSSL.SSL.Connection`; ``"context"`` its Context.
        ``"cipher"``, ``"compression"``, ``"peercert"``, ``"ssl_object"`` and
        ``"sslcontext"`` are in the shapes of the ``ssl`` module; ``"peername"``,
        ``"sockname"``, ``"socket"`` and all others are what is below.
        """
        return tell(self, name, default)

    def __repr__(self) -> str:
        state = ("shaking hands", "open", "closing", "closing", "closed")[self._state]
        return f"<{type(self).__name__} {state} {self._below('peername')}>"
