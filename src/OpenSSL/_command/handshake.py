"""The facts of a finished handshake, read off the connection once, ready for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from OpenSSL import SSL, crypto

from .chain import describe
from .printable import printable

__all__ = ["alert_of", "described", "facts", "peer_chain", "session_facts"]

_Result = TypeVar("_Result")


def facts(connection: SSL.Connection) -> dict[str, Any]:
    """Return what *connection* negotiated."""
    alpn = connection.get_alpn_proto_negotiated()
    name = connection.get_servername()
    return {
        "protocol": connection.get_protocol_version_name(),
        "cipher": connection.get_cipher_name(),
        "cipher_bits": connection.get_cipher_bits(),
        "group": _known(connection.get_group_name),
        "alpn": printable(alpn) if alpn else None,
        "servername": printable(name) if name else None,
        "resumed": connection.session_reused(),
    }


def session_facts(connection: SSL.Connection) -> dict[str, Any]:
    """Return what can be told of the session: whether it can be resumed, and how long."""
    session = connection.get_session()
    if session is None:
        return {"resumable": False, "ticket": False, "lifetime_hint": None}
    ticket = session.has_ticket()
    return {
        "resumable": session.is_resumable(),
        "ticket": ticket,
        "lifetime_hint": session.get_ticket_lifetime_hint() if ticket else None,
    }


def peer_chain(connection: SSL.Connection, *, verified: bool) -> list[crypto.X509]:
    """Return the chain that was verified, or else the one that the peer presented."""
    chain = connection.get_verified_chain() if verified else None
    return list(chain or connection.get_peer_cert_chain() or [])


def described(chain: list[crypto.X509], *, pem: bool) -> list[dict[str, Any]]:
    """Return :func:`~.chain.describe` of each certificate, with its PEM text if wanted."""
    rows = []
    for certificate in chain:
        row = describe(certificate)
        if pem:
            text = crypto.dump_certificate(crypto.FILETYPE_PEM, certificate)
            row["pem"] = text.decode("ascii")
        rows.append(row)
    return rows


def alert_of(error: Exception | None) -> dict[str, Any] | None:
    """Return the alert that *error* tells of, and who sent it, or None."""
    if not isinstance(error, SSL.Error) or error.alert is None:
        return None
    return {"number": error.alert, "sent_by": "us" if error.alert_sent else "peer"}


def _known(call: Callable[[], _Result]) -> _Result | None:
    """Call a getter that an older OpenSSL may not have."""
    try:
        return call()
    except NotImplementedError:
        return None
