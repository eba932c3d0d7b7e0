"""Names of authorities that a peer is told."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto


@pytest.mark.promises(
    "Context.add_client_ca",
    "Context.load_client_ca",
    "Context.set_client_ca_list",
    "Connection.get_client_ca_list",
)
def test_authorities_are_told_to_clients() -> None:
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    stranger = crypto.X509.from_cryptography(authority.stranger().root)
    server = contexts.server_context(ask_client=True)
    server.load_client_ca(str(authority.trust_file()).encode())
    server.add_client_ca(stranger)
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [root.get_subject(), stranger.get_subject()]
    server.set_client_ca_list([stranger.get_subject()])
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [stranger.get_subject()]
    with pytest.raises(TypeError, match="X509Name"):
        server.set_client_ca_list([stranger.get_subject(), "x"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        server.set_client_ca_list(1)  # type: ignore[arg-type]
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [stranger.get_subject()]


@pytest.mark.differs("set_client_ca_list, add_client_ca")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.holds("A7")
def test_authorities_that_no_handshake_has_room_for(version: str, serving: bool) -> None:
    """As many as are taken can be told; more are refused, and those before them stay."""

    def named(number: int) -> crypto.X509Name:
        name = crypto.X509().get_subject()
        name.CN, name.O = f"{number:04}", "x" * 53
        return name

    one = 2 + len(named(0).der())
    most = [named(number) for number in range(64_512 // one)]
    server = contexts.server_context(version=version, ask_client=True)
    client = contexts.client_context(version=version)
    telling = server if serving else client
    telling.set_client_ca_list(most)
    ends = pump.connected(server, client)
    if serving:
        assert ends.client.get_client_ca_list() == most
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    assert 64_512 % one < 2 + len(root.get_subject().der())
    with pytest.raises(ValueError, match="64512 bytes"):
        telling.set_client_ca_list([*most, named(9999)])
    with pytest.raises(ValueError, match="64512 bytes"):
        telling.add_client_ca(root)
    for each in (telling, SSL.Connection(telling)):
        with pytest.raises(ValueError, match="64512 bytes"):
            each.set_ca_list([*most, named(9999)])
    with pytest.raises(ValueError, match="64512 bytes"):
        SSL.Connection(telling).set_client_ca_list([*most, named(9999)])
    ends = pump.connected(server, client)
    if serving:
        assert ends.client.get_client_ca_list() == most
    telling.set_client_ca_list(most[1:])
    telling.add_client_ca(root)
    pump.connected(server, client)
