"""Callbacks that judge the peer: a server's certificates, and whoever has shaken hands.

Theory.  A client of libssl can wait in the middle of its verification, and asks again; a callback
for that stands in the place of libssl's own rules.  A server has no such place: it would take
"not yet" for a yes (tls_process_client_certificate, 3.0 to 4.0).  So another question, for both
sides, comes behind the verification, and stands between the handshake and everything else: until
the answer is yes the protocol is not told of its connection and no data goes either way.  Whatever
else happens, the connection ends there, with a fatal alert.  There is no later handshake in which
another peer could take its place: renegotiation is refused, and so is a late request for a
certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import Error
from OpenSSL._native.common.constants import OP_NO_RENEGOTIATION, VERIFY_PEER
from OpenSSL._native.ssl.cert_verify import connection_set_cert_verify_callback
from OpenSSL._native.ssl.driving import judge_once, refuse
from OpenSSL.aio.asking import Asked

if TYPE_CHECKING:
    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL.aio.asking import PeerCallback, VerifyCallback

__all__ = ["Judge", "Verifier"]


class Verifier(Asked):
    """Asks whether a server's certificates are to be believed."""

    __slots__ = ("_callback",)

    name = "verify"

    def __init__(self, callback: VerifyCallback, connection: Connection) -> None:
        super().__init__()
        self._callback = callback
        if not connection.get_verify_mode() & VERIFY_PEER:
            # libssl would not listen to a "no": SSL_set_verify(3).
            raise ValueError("verify_callback needs a Context that verifies: set_verify")
        connection_set_cert_verify_callback(connection, self)

    def __call__(self, connection: Connection, chain: list[X509]) -> Any:
        """Answer libssl: at once, or with "not yet"."""
        return self.answer(lambda: self._callback(connection, chain))


class Judge(Asked):
    """Asks whether the peer is welcome."""

    __slots__ = ("_callback", "_connection", "accepted", "asked")

    name = "peer"

    #: The handshake is done, and the callback was called.
    asked: bool
    #: It has said yes.
    accepted: bool

    def __init__(self, callback: PeerCallback, connection: Connection) -> None:
        super().__init__()
        self._callback = callback
        self._connection = connection
        self.asked = False
        self.accepted = False
        connection.set_options(OP_NO_RENEGOTIATION)
        judge_once(connection)

    def decide(self) -> None:
        """Return where the peer is welcome; raise WantX509LookupError for "not yet"."""
        self.asked = True
        answer = self.answer(lambda: self._callback(self._connection))
        if not isinstance(answer, bool):
            raise TypeError(f"a peer callback must return a bool, not {type(answer).__name__}")
        if not answer:
            raise _refused()
        self.accepted = True

    def refuse(self) -> None:
        """The connection is given up: unless the peer was accepted, let nothing follow."""
        if self.asked and not self.accepted:
            refuse(self._connection, _refused())


def _refused() -> Error:
    return Error([("SSL routines", "", "the peer callback has not accepted the peer")])
