"""What is asked of keys, algorithms and peers."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto

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


# ---- how much a peer may show


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("where", ["context", "connection", "chosen context"])
def test_a_bound_for_the_certificates_of_a_peer(where: str, version: str) -> None:
    client = contexts.client_context(version=version)
    ends = pump.pair(contexts.server_context(), client)
    assert client.get_max_cert_list() == ends.client.get_max_cert_list() == 102_400
    if where == "connection":
        ends.client.set_max_cert_list(100)
    elif where == "context":
        client.set_max_cert_list(100)
        assert ends.client.get_max_cert_list() == 102_400
        ends = pump.pair(contexts.server_context(), client)
    else:
        other = contexts.client_context(version=version)
        other.set_max_cert_list(100)
        ends.client.set_context(other)
    assert ends.client.get_max_cert_list() == 100
    with pytest.raises(SSL.Error, match="excessive message size"):
        pump.handshake(*ends)


def test_a_connections_own_bound_stays() -> None:
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    other = contexts.client_context()
    other.set_max_cert_list(100)
    ends.client.set_max_cert_list(50_000)
    ends.client.set_context(other)
    assert ends.client.get_max_cert_list() == 50_000
    pump.handshake(*ends)


@pytest.mark.parametrize(
    ("size", "error"),
    [(-1, ValueError), (2**31, ValueError), (2**70, ValueError), ("1", TypeError)],
)
def test_what_is_no_bound(size: int, error: type[Exception]) -> None:
    client = contexts.client_context()
    for target in (client, SSL.Connection(client, None)):
        with pytest.raises(error):
            target.set_max_cert_list(size)
        assert target.get_max_cert_list() == 102_400
