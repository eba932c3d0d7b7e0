"""The facts of a finished handshake, read off the connection once, ready for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from OpenSSL import SSL, crypto

from .chain import describe
from .printable import printable

__all__ = ["described", "facts", "ocsp_status", "peer_chain", "session_facts"]

_Result = TypeVar("_Result")

_OCSP_STATUS = {
    0: "successful",
    1: "malformed request",
    2: "internal error",
    3: "try later",
    5: "signature required",
    6: "unauthorized",
}


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


def ocsp_status(response: bytes) -> str:
    """Return the status that an OCSP response opens with (RFC 6960, section 4.2.1)."""
    # SEQUENCE, its length in one or more bytes, then ENUMERATED of one byte.
    if len(response) < 2 or response[0] != 0x30:
        return "malformed"
    start = 2 + (response[1] & 0x7F if response[1] & 0x80 else 0)
    status = response[start : start + 3]
    if len(status) != 3 or status[:2] != b"\x0a\x01":
        return "malformed"
    return _OCSP_STATUS.get(status[2], f"unknown status {status[2]}")


def _known(call: Callable[[], _Result]) -> _Result | None:
    """Call a getter that an older OpenSSL may not have."""
    try:
        return call()
    except NotImplementedError:
        return None
