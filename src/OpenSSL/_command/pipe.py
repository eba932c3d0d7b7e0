"""``connect --pipe``: standard input to the peer, the peer to standard output.

One thread and no blocking call but the wait for whichever side is ready, so
that neither direction can hold up the other.

The end of standard input is not the end of the connection: many servers take a
close_notify for the end and drop the answer they were about to send (RFC 5246,
section 7.2.1, even demands it).  So the peer is left to finish, and only one that
stays silent for the patience of ``--timeout`` is sent a close_notify.  With
``--half-close`` that is sent at once, for protocols that wait for it.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time

from OpenSSL import SSL

from .console import warn
from .dial import Call, settle
from .failures import Failure
from .printable import quantity
from .refusals import from_stream

__all__ = ["Pipe", "run"]

_CHUNK = 65536


def run(call: Call, *, half_close: bool = False) -> None:
    """Carry bytes both ways until both sides have ended; raise :class:`Failure` if cut short."""
    if sys.stdout is None:
        raise Failure("file", "--pipe needs a standard output, and it is closed")
    sys.stdout.flush()
    if call.certificate_asked:
        # A refusal of ours comes only now, and would look like a lost connection.
        settle(call)
    if sys.stdin is None:
        with open(os.devnull, "rb") as nothing:
            Pipe(call, nothing.fileno(), sys.stdout.fileno(), half_close=half_close).run()
    else:
        Pipe(call, sys.stdin.fileno(), sys.stdout.fileno(), half_close=half_close).run()


class Pipe:
    """The state of both directions."""

    def __init__(
        self, call: Call, source: int, sink: int, *, half_close: bool, by_hand: bool = False
    ) -> None:
        self.call = call
        self.connection = call.connection
        self.socket = call.opened.socket
        self.source = source
        self.sink = sink
        #: Whether somebody types: nobody would end that for a peer that has closed.
        self.by_hand = by_hand or os.isatty(source)
        # A write of this size cannot block once the descriptor is writable.
        regular = stat.S_ISREG(os.fstat(sink).st_mode)
        self.portion = _CHUNK if regular else getattr(select, "PIPE_BUF", 512)
        self.to_peer = b""
        self.to_sink = b""
        self.input_ended = False
        #: Whether our close_notify is due, and whether it has gone out.
        self.half_close = half_close
        self.close_due = False
        self.close_sent = False
        self.peer_closed = False
        self.failure: Failure | None = None
        self.receive_wants_write = False
        self.send_wants_read = False
        #: Whether libssl may hold bytes for us, that is until it has asked for more.
        self.holds_more = True
        #: How many bytes came, and the moment when the peer last did anything.
        self.received = 0
        self.patience = call.deadline.seconds
        self.last_moved = time.monotonic()

    def run(self) -> None:
        """Work until nothing is left to do."""
        while not self._finished():
            readable, writable = self._wait()
            if self.sink in writable:
                self._give_output()
            if self.source in readable:
                self._take_input()
            self._send()
            self._receive()
            self._lose_patience()
        if self.failure:
            raise self.failure
        if self.close_sent and not self.received:
            line = "the peer closed after our close_notify without any answer"
            raise Failure("no-answer", f"{self.call.what}: {line}")

    def _finished(self) -> bool:
        if self.to_sink:
            return False
        if self.failure:
            return True
        if not self.peer_closed:
            return False
        return (self.input_ended and not self.to_peer) or self._abandoned()

    def _abandoned(self) -> bool:
        """Whether a peer that closed TLS is gone for good, or nobody will end our input."""
        if self.to_peer:
            return False
        if self.by_hand:
            return True
        try:
            # Nothing that may follow the peer's close_notify has a meaning.
            return self.socket.recv(_CHUNK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _wait(self) -> tuple[list[int], list[int]]:
        sock = self.socket.fileno()
        reads: list[int] = []
        writes: list[int] = []
        if self._may_receive() or self.send_wants_read or (self.peer_closed and not self.to_peer):
            reads.append(sock)
        if self.receive_wants_write or (self._has_to_send() and not self.send_wants_read):
            writes.append(sock)
        if not self.input_ended and not self.to_peer and not self.failure:
            reads.append(self.source)
        if self.to_sink:
            writes.append(self.sink)
        # Bytes that libssl has already taken off the socket wake no select().
        now = self._may_receive() and self.holds_more
        readable, writable, _ = select.select(reads, writes, [], 0 if now else self._patience())
        return readable, writable

    def _patience(self) -> float | None:
        """Seconds to wait for the peer; None while somebody else is at work."""
        if not self.input_ended or self.to_sink or self.failure:
            return None
        return max(0.0, self.last_moved + self.patience - time.monotonic())

    def _lose_patience(self) -> None:
        """Close, or give up, when the peer has been silent for too long after our input's end."""
        if self._patience() != 0.0 or self.peer_closed:
            return
        silence = f"silent for {self.patience:g} s after our input had ended"
        if self.to_peer or self.close_due:
            left = f", {quantity(len(self.to_peer), 'byte')} not sent" if self.to_peer else ""
            line = f"{self.call.what}: the peer was {silence}{left}, and did not close"
            self.failure = Failure("timeout", line)
            return
        warn(f"{self.call.what}: the peer was {silence}; closing (see --timeout, --half-close)")
        self.close_due = True
        self.last_moved = time.monotonic()

    def _may_receive(self) -> bool:
        return not self.peer_closed and not self.failure and len(self.to_sink) < _CHUNK

    def _has_to_send(self) -> bool:
        if self.failure:
            return False
        return bool(self.to_peer) or (self.close_due and not self.close_sent)

    def _give_output(self) -> None:
        try:
            self.to_sink = self.to_sink[os.write(self.sink, self.to_sink[: self.portion]) :]
        except BrokenPipeError:
            raise  # which is quiet
        except OSError as error:
            raise Failure("output", f"cannot write the output: {error.strerror}") from error
        self.last_moved = time.monotonic()

    def _take_input(self) -> None:
        try:
            data = os.read(self.source, _CHUNK)
        except OSError as error:
            raise Failure("file", f"cannot read the input: {error.strerror}") from error
        self.to_peer = data
        self.input_ended = not data
        self.close_due = self.input_ended and self.half_close
        self.last_moved = time.monotonic()

    def _send(self) -> None:
        self.send_wants_read = False
        try:
            while self.to_peer and not self.failure:
                self.to_peer = self.to_peer[self.connection.send(self.to_peer) :]
                self.last_moved = time.monotonic()
            if self._has_to_send():
                self.connection.shutdown()
                self.close_sent = True
        except SSL.WantReadError:
            self.send_wants_read = True
        except SSL.WantWriteError:
            return
        except (SSL.Error, OSError) as error:
            self._send_failed(error)

    def _send_failed(self, error: Exception) -> None:
        left = len(self.to_peer)
        self.to_peer = b""
        self.input_ended = True
        # The peer's last words may still be waiting; they are read before we give up.
        self._receive()
        if self.peer_closed and not left:
            return
        failure = from_stream(error, self.call.what)
        lost = f" ({quantity(left, 'byte')} of input not sent)" if left else ""
        self.failure = self.failure or Failure(failure.kind, failure.line + lost)

    def _receive(self) -> None:
        self.receive_wants_write = False
        self.holds_more = True
        try:
            while self._may_receive():
                data = self.connection.recv(_CHUNK)
                self.to_sink += data
                self.received += len(data)
                self.last_moved = time.monotonic()
        except SSL.WantReadError:
            self.holds_more = False
        except SSL.WantWriteError:
            self.holds_more = False
            self.receive_wants_write = True
        except SSL.ZeroReturnError:
            self.peer_closed = True
        except (SSL.Error, OSError) as error:
            self._receive_failed(error)

    def _receive_failed(self, error: Exception) -> None:
        # A peer that is sent close_notify unasked may leave without one; nothing was on its way.
        if self.close_sent and not self.half_close and isinstance(error, SSL.SysCallError):
            self.peer_closed = True
        else:
            self.failure = from_stream(error, self.call.what)
