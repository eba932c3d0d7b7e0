"""Everything that is known of a connection, ready for JSON; ``connect.schema.json`` says how."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

from .chain import name_of, presented
from .dial import Call
from .handshake import described, facts, peer_chain, session_facts

__all__ = ["resumption", "summary"]


def summary(call: Call, *, pem: bool = False) -> dict[str, Any]:
    """Return everything that is known of *call*."""
    enforced = call.verdict.enforce
    chain = peer_chain(call.connection, verified=enforced)
    return {
        "ok": True,
        "host": call.target.host,
        "port": call.target.port,
        "address": call.opened.address,
        "family": call.opened.family,
        "starttls": call.starttls_protocol,
        "seconds": {
            "resolve": round(call.opened.resolve_seconds, 6),
            "connect": round(call.opened.connect_seconds, 6),
            "starttls": call.starttls_seconds and round(call.starttls_seconds, 6),
            "handshake": round(call.handshake_seconds, 6),
        },
        **facts(call.connection),
        "alpn_offered": list(call.settings.alpn),
        "verification": {
            "verified": enforced,
            "name": call.name,
            "problems": [finding.words for finding in call.verdict.findings],
        },
        "chain_kind": "as verified" if enforced else "as presented",
        "chain": described(chain, pem=pem),
        "presented": presented(chain, call.connection.get_peer_cert_chain() or []),
        "ocsp": call.staple_data,
        "session": session_facts(call.connection),
        "resumption": None,
        "client_certificate_asked": call.certificate_asked,
        "client_certificate_sent": call.certificate_asked and bool(call.settings.certificate),
        "client_authorities": [name_of(each) for each in call.connection.get_client_ca_list()],
    }


def resumption(first: Call, second: Call) -> dict[str, Any]:
    """Return how *second*, which offered the session of *first*, was received."""
    return {
        "resumed": second.connection.session_reused(),
        "by": _by(first.connection.get_session()),
        "seconds": round(second.handshake_seconds, 6),
        "early_data": second.early_allowed,
        "early_data_status": second.early_status,
    }


def _by(session: SSL.Session | None) -> str | None:
    if session is None:
        return None
    if session.get_protocol_version() == SSL.TLS1_3_VERSION:
        return "psk"
    return "ticket" if session.has_ticket() else "id"
