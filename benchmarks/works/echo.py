"""An echo server in Twisted, 100 connections at once: its CPU for one message.

Options: ``tls-BYTES`` over Twisted's own TLS, which stands on OpenSSL.SSL's memory
BIO, and ``tcp-BYTES`` without any TLS.  The clients are another process, of the same
peer; each sends its next message when the last one has come back.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

CONNECTIONS = 100


def creator(interface: str, context: Any) -> object:
    """What makes Twisted's connections: one method, as the interface wants it."""
    from twisted.internet import interfaces
    from zope.interface import implementer

    from OpenSSL.SSL import Connection

    class Creator:
        def serverConnectionForTLS(self, _protocol: object) -> object:
            return Connection(context, None)

        def clientConnectionForTLS(self, _protocol: object) -> object:
            return Connection(context, None)

    return implementer(getattr(interfaces, interface))(Creator)()


def serve(tls: bool, size: int, seconds: float, tell: int) -> float:
    from twisted.internet import protocol, reactor

    counted = 0

    class Echo(protocol.Protocol):  # type: ignore[misc]
        def connectionMade(self) -> None:
            self.transport.setTcpNoDelay(True)

        def dataReceived(self, data: bytes) -> None:
            nonlocal counted
            counted += len(data)
            self.transport.write(data)

    factory = protocol.Factory.forProtocol(Echo)
    if tls:
        from ends.interface import server_context

        contexts = creator("IOpenSSLServerConnectionCreator", server_context())
        port = reactor.listenSSL(0, factory, contexts, interface="127.0.0.1")
    else:
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    os.write(tell, b"%d\n" % port.getHost().port)
    found: list[float] = []
    last = (0.0, 0)

    def look() -> None:
        nonlocal last
        now = (time.process_time(), counted)
        if last[1] and now[1] > last[1]:
            found.append((now[0] - last[0]) / ((now[1] - last[1]) / size))
        # Connections are made and handshakes done before the first look that counts.
        if counted > 2 * CONNECTIONS * size:
            last = now
        if len(found) == 5:
            reactor.stop()
        else:
            reactor.callLater(seconds, look)

    reactor.callLater(seconds, look)
    reactor.run()
    return min(found)


def visit(tls: bool, size: int, port: int) -> None:
    from twisted.internet import protocol, reactor

    message = bytes(size)

    class Client(protocol.Protocol):  # type: ignore[misc]
        def connectionMade(self) -> None:
            self.transport.setTcpNoDelay(True)
            self.left = size
            self.transport.write(message)

        def dataReceived(self, data: bytes) -> None:
            self.left -= len(data)
            if self.left == 0:
                self.left = size
                self.transport.write(message)

    factory: Any = protocol.ClientFactory.forProtocol(Client)
    factory.noisy = False
    if tls:
        from ends.interface import client_context

        contexts = creator("IOpenSSLClientConnectionCreator", client_context())
    for _ in range(CONNECTIONS):
        if tls:
            reactor.connectSSL("127.0.0.1", port, factory, contexts)
        else:
            reactor.connectTCP("127.0.0.1", port, factory)
    reactor.run()


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of the server's CPU for one message."""
    kind, _, size = option.partition("-")
    tls = kind == "tls"
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(tell)
            visit(tls, int(size), int(os.read(hear, 10)))
        finally:
            os._exit(1)
    try:
        return serve(tls, int(size), seconds, tell)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
