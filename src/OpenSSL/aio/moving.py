"""How the bytes of a stream of anyio move: by a memory BIO, over another stream.

Theory.  Every operation is the same loop: a step of the core, in memory; send what that has
written; wait for what it wants.  Records have to leave in the order in which libssl has made them,
so one task at a time sends, and the next one sends all there is.  One that receives does
not wait for another that sends: the peer may not read before we do.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import anyio
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream
from anyio.abc import ByteStream
from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint_if_cancelled

from OpenSSL._exceptions import SysCallError
from OpenSSL._native.ssl.driving import DONE, WANT_LOOKUP, WANT_READ, take
from OpenSSL.aio.core import cannot_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import AnyByteStream

    from OpenSSL.aio.ends import End

__all__ = ["Moving"]

#: So many bytes of answers to the peer wait for a task that sends; then reading waits as well.
ANSWERS = 1 << 16


class Moving(ByteStream):
    """The half of a stream that moves bytes."""

    #: The stream below.
    transport_stream: AnyByteStream
    #: Whether it ends by close_notify, in both directions.
    standard_compatible: bool

    def __init__(
        self, transport_stream: AnyByteStream, end: End, standard_compatible: bool
    ) -> None:
        self.transport_stream = transport_stream
        self.standard_compatible = standard_compatible
        self._end = end
        self._connection = end.connection
        self._turn = 0  # how often something has come in
        self._outgoing = bytearray()  # encrypted, and not sent
        self._cut = False  # a record may have been lost: nothing can follow it
        self._made = False  # the handshake is done
        self._over = False  # failed for good
        self._closed = False
        self._sending = anyio.Lock(fast_acquire=True)
        self._hearing = anyio.Lock(fast_acquire=True)

    async def _perform(self, step: Callable[[], int], receiving: bool = False) -> None:
        """Repeat one operation of the core until it is done."""
        await checkpoint_if_cancelled()
        turn = self._turn
        while True:
            if self._closed:
                raise ClosedResourceError
            before = self._turn
            try:
                status = step()
            except Exception as error:  # noqa: BLE001  # whatever a callback raises
                self._over = True
                failed = await self._failed(error)
                raise failed from failed.__cause__
            await self._flush(receiving)
            if status == DONE:
                break
            if status == WANT_READ:
                await self._hear(before)
            elif status == WANT_LOOKUP:
                await self._find_answer()
            else:
                await cancel_shielded_checkpoint()
        if turn == self._turn:
            # Nobody was waited for: let others have a turn all the same.
            await cancel_shielded_checkpoint()

    async def _flush(self, receiving: bool = False) -> None:
        """Send what libssl has written, in its order.

        Who receives goes on where that fails: the peer may have said why.
        """
        self._collect()
        if not self._outgoing:
            return
        if receiving and self._sending.locked() and len(self._outgoing) < ANSWERS:
            return  # who sends sends this too
        async with self._sending:
            while self._outgoing and not self._cut:
                data, self._outgoing = bytes(self._outgoing), bytearray()
                self._cut = True
                try:
                    await self.transport_stream.send(data)
                except (BrokenResourceError, OSError):
                    if not receiving:
                        raise
                    return
                self._cut = False
                self._collect()
        if self._cut:
            self._outgoing.clear()
            if not receiving:
                raise BrokenResourceError

    def _collect(self) -> None:
        data = take(self._connection)
        if data is not None:
            self._outgoing += data

    async def _hear(self, turn: int) -> None:
        """Give libssl something more, unless another task has since ``turn``."""
        async with self._hearing:
            if self._turn != turn:
                return
            try:
                data = await self.transport_stream.receive()
            except EndOfStream:
                self._connection.bio_shutdown()
            else:
                self._connection.bio_write(data)
            self._turn += 1

    async def _failed(self, error: Exception) -> BaseException:
        """Tell the peer, by an alert if there is one; return what the caller is told."""
        with contextlib.suppress(OSError, BrokenResourceError, ClosedResourceError):
            await self._flush(receiving=True)
        if not isinstance(error, SysCallError):
            return self._end.failed(error)
        if self._made and not self.standard_compatible:
            return EndOfStream()
        broken = BrokenResourceError(str(error))
        broken.__cause__ = self._end.failed(error)
        return broken

    async def _find_answer(self) -> None:
        """Wait for the callback that has asked for time."""
        for each in self._end.asked:
            if each.is_awaited():
                await each.run()
                return
        raise cannot_wait()
