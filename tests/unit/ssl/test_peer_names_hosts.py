"""The peer's host name and address, checked inside the handshake."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from kit.trusting import is_refusal
from OpenSSL import SSL


def outcome_for(prepare: object, who: authority.Identity | None = None) -> Exception | None:
    server, client = pump.pair(contexts.server_context(who), contexts.client_context())
    prepare(client)  # type: ignore[operator]
    return pump.handshake_outcome(server, client).client


@pytest.mark.holds("C23")
def test_host_names_are_checked_inside_the_handshake() -> None:
    name = authority.NAMES[0]
    assert outcome_for(lambda client: client.set_host(name)) is None
    assert outcome_for(lambda client: client.set_host(name.encode())) is None
    outcome = outcome_for(lambda client: client.set_host("other.example"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_HOSTNAME_MISMATCH
    assert is_refusal(outcome_for(lambda client: client.set_host(name), authority.wrong_host()))


def test_the_matching_name_is_told() -> None:
    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    client.set_host(authority.NAMES[0])
    assert client.get_peername() is None
    pump.handshake(server, client)
    assert client.get_peername()


def test_a_host_that_is_an_address_is_taken_for_one() -> None:
    assert outcome_for(lambda client: client.set_host("127.0.0.1")) is None
    outcome = outcome_for(lambda client: client.set_host("127.0.0.2"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_IP_ADDRESS_MISMATCH


def test_addresses_are_checked_inside_the_handshake() -> None:
    address = str(authority.ADDRESSES[0])
    assert outcome_for(lambda client: client.set_ip_asc(address)) is None
    outcome = outcome_for(lambda client: client.set_ip_asc("192.0.2.1"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_IP_ADDRESS_MISMATCH
    with pytest.raises(SSL.Error):
        SSL.Connection(contexts.client_context()).set_ip_asc("not an address")


@pytest.mark.parametrize("name", ["", b"", "a\0b", b"\0", "x" * 256, "münchen.example"])
@pytest.mark.holds("C11")
def test_names_that_would_be_cut_short_are_refused(name: str | bytes) -> None:
    connection = SSL.Connection(contexts.client_context())
    with pytest.raises(ValueError, match="name must"):
        connection.set_host(name)


def test_names_of_the_wrong_kind() -> None:
    connection = SSL.Connection(contexts.client_context())
    for value in (None, 1, ["a"]):
        with pytest.raises(TypeError):
            connection.set_host(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        connection.set_hostflags("x")  # type: ignore[arg-type]
    connection.set_hostflags(0x4)  # X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
