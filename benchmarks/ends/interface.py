"""Two ends in memory through ``OpenSSL.SSL``: brisktls's and pyOpenSSL's alike."""

from __future__ import annotations

from ends.peers import RECORD, folder
from OpenSSL import SSL


def server_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(str(folder() / "chain.pem"))
    context.use_privatekey_file(str(folder() / "key.pem"))
    return context


def client_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(str(folder() / "ca.pem"))
    context.set_verify(SSL.VERIFY_PEER)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    return context


class Pair:
    """A client and a server in memory, not yet connected."""

    __slots__ = ("client", "server")

    def __init__(
        self,
        clients: SSL.Context,
        servers: SSL.Context,
        session: SSL.Session | None = None,
    ) -> None:
        self.client = SSL.Connection(clients, None)
        self.client.set_connect_state()
        if session is not None:
            self.client.set_session(session)
        self.server = SSL.Connection(servers, None)
        self.server.set_accept_state()

    def shake(self) -> int:
        """A handshake, flight by flight; the tickets stay with the server.

        Answers how long the server's flight was: without a certificate it is short.
        """
        client, server = self.client, self.server
        try:
            client.do_handshake()
        except SSL.WantReadError:
            pass
        server.bio_write(client.bio_read(RECORD))
        try:
            server.do_handshake()
        except SSL.WantReadError:
            pass
        flight = server.bio_read(RECORD)
        client.bio_write(flight)
        client.do_handshake()
        server.bio_write(client.bio_read(RECORD))
        server.do_handshake()
        return len(flight)

    def settle(self) -> None:
        """Let the tickets and a byte each way go, and find that there is no more."""
        for one, other in ((self.server, self.client), (self.client, self.server)):
            one.send(b"x")
            other.bio_write(one.bio_read(RECORD))
            assert other.recv(RECORD) == b"x"
        for end in (self.client, self.server):
            try:
                end.recv(RECORD)
            except SSL.WantReadError:
                continue
            raise AssertionError("there was more to read")


def connected() -> Pair:
    pair = Pair(client_context(), server_context())
    pair.shake()
    pair.settle()
    return pair
