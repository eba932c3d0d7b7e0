"""What another Context brings, and what of its own a connection keeps."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump, verdicts
from OpenSSL import SSL


@pytest.mark.promises("Connection.set_context")
@pytest.mark.holds("D21")
def test_another_context_brings_its_verification() -> None:
    """A strict virtual host is strict, whatever the Context it was reached through."""
    strict = contexts.server_context(require_client=True)
    lax = contexts.server_context()
    lax.set_tlsext_servername_callback(lambda connection: connection.set_context(strict))
    outcome = pump.handshake_outcome(
        *pump.pair(lax, contexts.client_context(), authority.NAMES[0].encode())
    )
    assert verdicts.is_protocol_error(outcome.server, "peer did not return a certificate")


@pytest.mark.parametrize("how", ["minimum", "option"])
@pytest.mark.holds("D21")
def test_another_contexts_versions_hold(how: str) -> None:
    strict = contexts.server_context()
    if how == "minimum":
        strict.set_min_proto_version(SSL.TLS1_3_VERSION)
    else:
        strict.set_options(SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_2)
    lax = contexts.server_context()
    lax.set_tlsext_servername_callback(lambda connection: connection.set_context(strict))
    name = authority.NAMES[0].encode()
    old = contexts.client_context(version="TLSv1.2")
    outcome = pump.handshake_outcome(*pump.pair(lax, old, name))
    assert isinstance(outcome.server, SSL.Error)
    assert verdicts.is_protocol_error(outcome.client, "protocol version")
    assert pump.handshake_outcome(*pump.pair(lax, contexts.client_context(), name)).client is None


def test_another_context_brings_its_hooks_and_leaves_ones_own() -> None:
    calls: list[str] = []
    second = contexts.server_context()
    second.set_info_callback(lambda *_: calls.append("second"))
    first = contexts.server_context()
    first.set_info_callback(lambda *_: calls.append("first"))
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(second))
    pump.connected(first, contexts.client_context())
    assert calls[0] == "first"
    assert calls[-1] == "second"
    calls.clear()
    ends = pump.pair(first, contexts.client_context())
    ends.server.set_info_callback(lambda *_: calls.append("own"))
    pump.handshake(*ends)
    assert set(calls) == {"own"}


def test_set_context_wants_a_context() -> None:
    connection = SSL.Connection(contexts.client_context())
    for value in (None, 1, connection):
        with pytest.raises(TypeError, match="Context instance"):
            connection.set_context(value)  # type: ignore[arg-type]
    other = contexts.client_context()
    connection.set_context(other)
    assert connection.get_context() is other
