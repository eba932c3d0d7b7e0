"""A stream of anyio that speaks TLS over another one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import anyio
from anyio import (
    BrokenResourceError,
    BusyResourceError,
    ClosedResourceError,
    EndOfStream,
    aclose_forcefully,
)
from anyio.streams.tls import TLSAttribute

from OpenSSL._exceptions import Error, WantX509LookupError
from OpenSSL._native.ssl.driving import DONE, part, receive, send, shake
from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import check_context, seconds
from OpenSSL.aio.deferred import Deferred
from OpenSSL.aio.ends import GOODBYE, End
from OpenSSL.aio.moving import Moving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio.abc import AnyByteStream

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import (
        CertCallback,
        HelloCallback,
        PeerCallback,
        ServernameCallback,
        VerifyCallback,
    )

__all__ = ["TLSStream"]

#: The most that is read and encrypted at once, in bytes.
READ, SENT = 1 << 16, 1 << 18


class TLSStream(Moving):
    """A stream that speaks TLS over another one; :meth:`wrap` makes it.

    It answers all of :class:`anyio.streams.tls.TLSAttribute`. One task may send while another
    receives. Where sending is cancelled, nobody knows how much of a record has left: then
    nothing more can be sent, and the rest can still be received.
    """

    __module__ = "OpenSSL.aio.anyio"

    def __init__(
        self, transport_stream: AnyByteStream, end: End, standard_compatible: bool
    ) -> None:
        super().__init__(transport_stream, end, standard_compatible)
        self._kept = b""  # has been read, and nobody has been given it
        self._said_end = False  # nobody may send any more
        self._parted = False  # our close_notify is made
        self._sender = anyio.ResourceGuard("sending to")
        self._receiver = anyio.ResourceGuard("receiving from")

    @classmethod
    async def wrap(
        cls,
        transport_stream: AnyByteStream,
        *,
        context: Context | SSLContext,
        server_side: bool | None = None,
        hostname: str | None = None,
        standard_compatible: bool = True,
        shutdown_timeout: float | None = None,
        cert_callback: CertCallback | None = None,
        peer_callback: PeerCallback | None = None,
        client_hello_callback: HelloCallback | None = None,
        servername_callback: ServernameCallback | None = None,
        verify_callback: VerifyCallback | None = None,
    ) -> TLSStream:
        """Shake hands over a stream; return the one to go on with.

        As :meth:`anyio.streams.tls.TLSStream.wrap`, with ``context`` in the place of
        ``ssl_context``. It is the server's side where no ``hostname`` is given, unless
        ``server_side`` says so. A client whose Context verifies needs ``hostname``; an empty one
        lets the certificate be for any host. Where ``standard_compatible`` is false nobody sends
        close_notify, and a stream that is cut off is taken for an end. ``shutdown_timeout`` is how
        many seconds :meth:`aclose` takes at most, 30 unless it is given; for the handshake set
        a limit by :func:`anyio.fail_after`.

        Callbacks are as in :func:`OpenSSL.aio.create_connection` and
        :func:`OpenSSL.aio.create_server`, and may be coroutine functions. A handshake that fails
        or is cancelled leaves the stream below open.

        Raises what the handshake and its callbacks raise, anyio.BrokenResourceError where the
        peer ends it, TypeError or ValueError for arguments that are wrong.
        ``SSL_do_handshake(3)``
        """
        if server_side is None:
            server_side = hostname is None
        check_context(context, server_side)
        callbacks = checked(
            server_side,
            cert_callback,
            peer_callback,
            client_hello_callback,
            servername_callback,
            verify_callback,
        )
        patience = seconds("shutdown_timeout", shutdown_timeout, GOODBYE)
        name = None if server_side else _spelled(hostname)
        stream = cls(
            transport_stream,
            End(context, None, server_side, name, patience, callbacks),
            standard_compatible,
        )
        await stream._shake()
        return stream

    # ---- the handshake

    async def _shake(self) -> None:
        for each in self._end.asked:
            each.begin(_nothing, Deferred)
        try:
            # As one that receives, because a peer that has gone may have said why.
            await self._perform(lambda: shake(self._connection), receiving=True)
            if self._cut:
                raise BrokenResourceError
            await self._judge()
            self._made = True
        finally:
            for each in self._end.asked:
                each.end()

    async def _judge(self) -> None:
        judge = self._end.judge
        try:
            while judge is not None and not judge.accepted:
                try:
                    judge.decide()
                except WantX509LookupError:
                    await self._find_answer()
        except BaseException as error:
            self._over = True
            if judge is not None:
                judge.refuse()
            if isinstance(error, Exception):
                failed = await self._failed(error)
                raise failed from failed.__cause__
            raise

    # ---- what anyio asks of a stream

    async def receive(self, max_bytes: int = READ) -> bytes:
        """Return what has come, at most ``max_bytes``.

        Raises anyio.EndOfStream behind the peer's close_notify, anyio.BrokenResourceError where
        the stream is cut off without one, an :class:`OpenSSL.SSL.Error` if it is not TLS.
        ``SSL_read_ex(3)``
        """
        if max_bytes < 1:
            raise ValueError("max_bytes must be a positive integer")
        with self._receiver:
            await self._perform(lambda: self._take_in(max_bytes), receiving=True)
            if not self._kept:
                raise EndOfStream
            data, self._kept = self._kept[:max_bytes], self._kept[max_bytes:]
            return data

    def _take_in(self, size: int) -> int:
        """Read, and keep it: who is cancelled meanwhile gets it in the next call."""
        if self._kept:
            return DONE
        data = receive(self._connection, size)
        if not isinstance(data, bytes):
            return data
        self._kept = data
        return DONE

    async def send(self, item: bytes) -> None:
        """Send all of ``item``.

        Raises anyio.BrokenResourceError where the peer is gone, or sending was cancelled before;
        anyio.ClosedResourceError after :meth:`send_eof`.
        ``SSL_write_ex(3)``
        """
        with self._sender, memoryview(item) as view, view.cast("B") as data:
            if self._said_end:
                raise ClosedResourceError
            sent = 0

            def step() -> int:
                nonlocal sent
                count = send(self._connection, data, sent, SENT)
                if count < 0:
                    return -count
                sent += count
                return DONE

            await self._perform(step)
            while sent < len(data):
                await self._perform(step)

    async def send_eof(self) -> None:
        """Send close_notify; receiving goes on.

        ``SSL_shutdown(3)``
        """
        with self._sender:
            self._said_end = True
            await self._perform(self._part)

    def _part(self) -> int:
        status = DONE if self._parted else part(self._connection)
        self._parted = status == DONE
        return status

    async def unwrap(self) -> tuple[AnyByteStream, bytes]:
        """Exchange close_notify; return the stream below, and what came after the peer's.

        Data that come before the peer's close_notify are thrown away.
        ``SSL_shutdown(3)``
        """
        await self.send_eof()
        await self._hear_goodbye()
        self._closed = True
        return self.transport_stream, self._connection.bio_unused_data()

    async def _hear_goodbye(self) -> None:
        with self._receiver:
            while True:
                self._kept = b""
                await self._perform(lambda: self._take_in(READ), receiving=True)
                if not self._kept:
                    return

    async def aclose(self) -> None:
        """Send close_notify, wait for the peer's, and close the stream below.

        That takes ``shutdown_timeout`` seconds at most, and can be cancelled; then the stream
        below is closed at once. Where the stream is broken, in use by another task, or
        ``standard_compatible`` is false, there is no close_notify.
        """
        said = not self.standard_compatible or self._closed or self._over or self._cut
        try:
            with anyio.move_on_after(self._end.patience) as limit:
                # It does not matter how the peer goes, or that another task closes it too.
                with contextlib.suppress(
                    BrokenResourceError,
                    BusyResourceError,
                    ClosedResourceError,
                    EndOfStream,
                    Error,
                    OSError,
                ):
                    if not said:
                        await self.send_eof()
                        await self._hear_goodbye()
            if limit.cancelled_caught:
                await aclose_forcefully(self.transport_stream)
        except BaseException:
            await aclose_forcefully(self.transport_stream)
            raise
        finally:
            self._closed = True
        await self.transport_stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The answers to :class:`anyio.streams.tls.TLSAttribute`, and those of the stream below."""
        known: Any = TLSAttribute
        told = self._end.object
        return {
            **self.transport_stream.extra_attributes,
            known.alpn_protocol: lambda: told().selected_alpn_protocol(),
            known.channel_binding_tls_unique: lambda: told().get_channel_binding(),
            known.cipher: lambda: told().cipher(),
            known.peer_certificate: lambda: told().getpeercert(False),
            known.peer_certificate_binary: lambda: told().getpeercert(True),
            known.server_side: lambda: told().server_side,
            known.shared_ciphers: lambda: told().shared_ciphers(),
            known.standard_compatible: lambda: self.standard_compatible,
            known.ssl_object: told,
            known.tls_version: lambda: told().version(),
        }

    @property
    def connection(self) -> Connection:
        """The :class:`OpenSSL.SSL.Connection`; the stream alone moves its bytes."""
        return self._connection


def _nothing() -> None:
    """Nobody has to be told: who waits goes on by itself."""


def _spelled(hostname: str | None) -> str | None:
    """Return a host's name as it is on the wire, by IDNA 2008."""
    if not isinstance(hostname, str) or hostname.isascii():
        return hostname
    import idna  # anyio needs it too

    return idna.encode(hostname, uts46=True).decode()
