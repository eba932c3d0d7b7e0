"""Making streams of anyio that speak TLS: by a listener, and by connecting."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
from anyio import BrokenResourceError, EndOfStream, aclose_forcefully
from anyio.abc import Listener
from anyio.streams.tls import TLSAttribute

from OpenSSL._exceptions import Error
from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import check_context, check_server, seconds
from OpenSSL.aio.ends import GOODBYE, HANDSHAKE
from OpenSSL.aio.wrapping import TLSStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio.abc import AnyByteStream, TaskGroup

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import (
        CertCallback,
        HelloCallback,
        PeerCallback,
        ServernameCallback,
        VerifyCallback,
    )

__all__ = ["TLSListener", "connect_tcp"]

log: logging.Logger = logging.getLogger("OpenSSL.aio.anyio")


class TLSListener(Listener[TLSStream]):
    """Speaks TLS with everybody whom another listener accepts.

    As :class:`anyio.streams.tls.TLSListener`, with ``context`` in the place of ``ssl_context``.
    ``handshake_timeout`` is in seconds, 60 unless it is given; all else is as in
    :meth:`TLSStream.wrap`.

    Raises TypeError or ValueError for arguments that are wrong, or a Context that has neither a
    certificate nor anything that may bring one.
    """

    __module__ = "OpenSSL.aio.anyio"

    def __init__(
        self,
        listener: Listener[Any],
        context: Context | SSLContext,
        standard_compatible: bool = True,
        handshake_timeout: float | None = None,
        *,
        shutdown_timeout: float | None = None,
        cert_callback: CertCallback | None = None,
        peer_callback: PeerCallback | None = None,
        client_hello_callback: HelloCallback | None = None,
        servername_callback: ServernameCallback | None = None,
    ) -> None:
        self.listener: Listener[Any] = listener
        self.context: Context | SSLContext = check_context(context, True)
        self.standard_compatible: bool = standard_compatible
        self.handshake_timeout: float = seconds("handshake_timeout", handshake_timeout, HANDSHAKE)
        self._shutdown_timeout = seconds("shutdown_timeout", shutdown_timeout, GOODBYE)
        self._callbacks = checked(
            True, cert_callback, peer_callback, client_hello_callback, servername_callback
        )
        check_server(context, self._callbacks)

    @staticmethod
    async def handle_handshake_error(exc: BaseException, stream: AnyByteStream) -> None:
        """Close a stream whose handshake has failed, and log why.

        The log, ``OpenSSL.aio.anyio``, is told of failing callbacks as errors and of failing
        peers in debug mode only. A cancellation is raised again.
        """
        if isinstance(exc, Exception):
            fault = not isinstance(exc, (Error, OSError, BrokenResourceError, EndOfStream))
            level = logging.ERROR if fault else logging.DEBUG
            log.log(level, "Error during TLS handshake", exc_info=exc)
        await aclose_forcefully(stream)
        if not isinstance(exc, Exception):
            raise exc

    async def serve(
        self, handler: Callable[[TLSStream], Any], task_group: TaskGroup | None = None
    ) -> None:
        """Shake hands with each client, and let ``handler`` have its stream."""

        async def handle(stream: AnyByteStream) -> None:
            try:
                with anyio.fail_after(self.handshake_timeout):
                    wrapped = await self._wrap(stream)
            except BaseException as error:  # noqa: BLE001  # a cancellation is raised there
                await self.handle_handshake_error(error, stream)
            else:
                await handler(wrapped)

        await self.listener.serve(handle, task_group)

    async def _wrap(self, stream: AnyByteStream) -> TLSStream:
        asked = self._callbacks
        return await TLSStream.wrap(
            stream,
            context=self.context,
            server_side=True,
            standard_compatible=self.standard_compatible,
            shutdown_timeout=self._shutdown_timeout,
            cert_callback=asked.cert,
            peer_callback=asked.peer,
            client_hello_callback=asked.client_hello,
            servername_callback=asked.servername,
        )

    async def aclose(self) -> None:
        """Close the listener below; streams that are there stay."""
        await self.listener.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The listener's own, and ``TLSAttribute.standard_compatible``."""
        return {
            **self.listener.extra_attributes,
            TLSAttribute.standard_compatible: lambda: self.standard_compatible,
        }


async def connect_tcp(
    remote_host: Any,
    remote_port: int,
    *,
    context: Context | SSLContext,
    tls_hostname: str | None = None,
    tls_standard_compatible: bool = True,
    shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    verify_callback: VerifyCallback | None = None,
    **options: Any,
) -> TLSStream:
    """Connect to a host and shake hands.

    As :func:`anyio.connect_tcp`, with ``context`` in the place of ``ssl_context``; all other
    options are anyio's. The certificate has to be for ``tls_hostname``, which is ``remote_host``
    unless it is given. See :meth:`TLSStream.wrap` for the rest.

    Raises what :meth:`TLSStream.wrap` raises, OSError where nobody could be reached.
    ``SSL_connect(3)``
    """
    check_context(context, False)
    checked(False, cert_callback, peer_callback, verify=verify_callback)
    stream = await anyio.connect_tcp(remote_host, remote_port, **options)
    try:
        return await TLSStream.wrap(
            stream,
            context=context,
            server_side=False,
            hostname=str(remote_host) if tls_hostname is None else tls_hostname,
            standard_compatible=tls_standard_compatible,
            shutdown_timeout=shutdown_timeout,
            cert_callback=cert_callback,
            peer_callback=peer_callback,
            verify_callback=verify_callback,
        )
    except BaseException:
        await aclose_forcefully(stream)
        raise
