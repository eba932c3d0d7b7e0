"""How many bytes the session of a real handshake takes in a store, sealed."""

from __future__ import annotations

from OpenSSL import SSL
from OpenSSL._command.authority import Authority
from OpenSSL._command.fleet_bench import _shake
from OpenSSL.fleet import Fleet, MemoryStore

__all__ = ["entry_size"]


class Measured(MemoryStore):
    """A store that knows how long its last session was."""

    size_of_last = 0

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        if key.startswith(b"session:"):
            self.size_of_last = len(key) + len(value)
        super().put(key, value, seconds)


def entry_size() -> int:
    """Bytes of a name and its entry, of a client without a certificate."""
    store = Measured()
    server = SSL.Context(SSL.TLS_SERVER_METHOD)
    Authority().issue(["localhost"]).install(server)
    server.set_session_id(b"fleet")
    server.set_options(SSL.OP_NO_TICKET)
    with Fleet(store, "a secret of the simulation") as fleet:
        fleet.attach(server)
        _shake(server, SSL.Context(SSL.TLS_CLIENT_METHOD), None)
    return store.size_of_last
