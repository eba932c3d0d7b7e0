"""Whom a client refuses."""

from __future__ import annotations

from kit import authority, contexts, pump, verdicts
from OpenSSL import SSL


def client_outcome(client: SSL.Context, who: authority.Identity | None = None) -> Exception | None:
    server = contexts.server_context(who)
    return pump.handshake_outcome(*pump.pair(server, client)).client


def is_refusal(outcome: Exception | None) -> bool:
    return verdicts.is_protocol_error(outcome, "certificate verify failed")
