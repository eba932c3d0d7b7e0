"""What is asked of keys, algorithms and peers."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import crypto

# ---- levels


@pytest.mark.parametrize("where", ["context", "connection"])
def test_a_security_level(where: str) -> None:
    client = contexts.client_context()
    ends = pump.pair(contexts.server_context(), client)
    target = client if where == "context" else ends.client
    target.set_security_level(5)
    assert target.get_security_level() == 5
    if where == "context":
        ends = pump.pair(contexts.server_context(), client)
    assert pump.handshake_outcome(*ends).client is not None
    for wrong in (-1, 6):
        with pytest.raises(ValueError, match="level"):
            target.set_security_level(wrong)
    with pytest.raises(TypeError):
        target.set_security_level("2")  # type: ignore[arg-type]


# ---- authorities


def test_authorities_are_read_back() -> None:
    name = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.trust_file().read_bytes()
    ).get_subject()
    server = contexts.server_context()
    assert server.get_ca_list() == []
    server.set_ca_list([name])
    assert server.get_ca_list() == [name]
    end = pump.pair(server, contexts.client_context()).server
    assert end.get_ca_list() == [name]
    end.set_ca_list([])
    assert end.get_ca_list() == []


def test_a_connection_names_its_own_authorities() -> None:
    name = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.trust_file().read_bytes()
    ).get_subject()
    other = crypto.X509Name(name)
    other.CN = "another"
    server = contexts.server_context(require_client=True)
    ends = pump.pair(server, contexts.client_context(authority.client_identity()))
    ends.server.set_client_ca_list([other])
    pump.handshake_outcome(*ends)
    assert ends.client.get_client_ca_list() == [other]
    with pytest.raises(TypeError, match="X509Name"):
        ends.server.set_client_ca_list(["a name"])  # type: ignore[list-item]
