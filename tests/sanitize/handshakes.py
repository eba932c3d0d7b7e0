"""A loop for LeakSanitizer: good, failed and resumed handshakes, failing callbacks, loaders."""

from __future__ import annotations

import contextlib
import sys

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto


class Thrown(Exception):
    """What a callback raises."""


def throw(*_: object) -> bool:
    raise Thrown


def once(server: SSL.Context, client: SSL.Context, strangers: SSL.Context) -> None:
    ends = pump.connected(server, client, b"brisk.test")
    pump.transfer(ends.server, ends.client, b"x" * 20_000)
    session = ends.client.get_session()
    assert session is not None
    pump.shutdown(*ends)
    again = pump.pair(server, client)
    again.client.set_session(SSL.Session.from_bytes(session.to_bytes(), client))
    pump.handshake(*again)
    assert pump.handshake_outcome(*pump.pair(strangers, client)).client is not None
    failing = contexts.client_context()
    failing.set_verify(SSL.VERIFY_PEER, throw)
    with contextlib.suppress(Thrown):
        pump.handshake(*pump.pair(server, failing))
    who = authority.identity()
    store = crypto.X509Store()
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, who.root_pem))
    with contextlib.suppress(crypto.X509StoreContextError):
        leaf = crypto.load_certificate(crypto.FILETYPE_PEM, who.pem)
        crypto.X509StoreContext(store, leaf).verify_certificate()
    with contextlib.suppress(crypto.Error):
        crypto.load_privatekey(crypto.FILETYPE_PEM, who.pem)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    server, client = contexts.server_context(), contexts.client_context()
    server.set_session_id(b"leaks")
    strangers = contexts.server_context(authority.stranger())
    for _ in range(times):
        once(server, client, strangers)
    print(f"{times} rounds of four handshakes")


if __name__ == "__main__":
    main()
