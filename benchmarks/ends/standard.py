"""Two ends in memory through the standard module: SSLObject and MemoryBIO."""

from __future__ import annotations

import ssl

from ends.peers import folder


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(folder() / "chain.pem"), str(folder() / "key.pem"))
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Host names are checked by nobody here.
    context.check_hostname = False
    context.load_verify_locations(str(folder() / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class End:
    """An SSLObject and its two MemoryBIOs."""

    __slots__ = ("incoming", "outgoing", "tls")

    def __init__(
        self, context: ssl.SSLContext, server: bool, session: ssl.SSLSession | None = None
    ) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server, session=session)


class Pair:
    """A client and a server in memory, not yet connected."""

    __slots__ = ("client", "server")

    def __init__(
        self,
        clients: ssl.SSLContext,
        servers: ssl.SSLContext,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.client = End(clients, False, session)
        self.server = End(servers, True)

    def shake(self) -> int:
        """A handshake, flight by flight; the tickets stay with the server.

        Answers how long the server's flight was: without a certificate it is short.
        """
        client, server = self.client, self.server
        try:
            client.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        server.incoming.write(client.outgoing.read())
        try:
            server.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        flight = server.outgoing.read()
        client.incoming.write(flight)
        client.tls.do_handshake()
        server.incoming.write(client.outgoing.read())
        server.tls.do_handshake()
        return len(flight)

    def settle(self) -> None:
        """Let the tickets and a byte each way go, and find that there is no more."""
        for one, other in ((self.server, self.client), (self.client, self.server)):
            one.tls.write(b"x")
            other.incoming.write(one.outgoing.read())
            assert other.tls.read(1 << 14) == b"x"
        for end in (self.client, self.server):
            try:
                end.tls.read(1 << 14)
            except ssl.SSLWantReadError:
                continue
            raise AssertionError("there was more to read")


def connected() -> Pair:
    pair = Pair(client_context(), server_context())
    pair.shake()
    pair.settle()
    return pair
