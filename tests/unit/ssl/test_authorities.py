"""Trust from a store, from bytes and from a URI, and lists of revoked certificates."""

from __future__ import annotations

import datetime
import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from kit import authority, contexts, peers, pump, sockets, verdicts
from OpenSSL import SSL, crypto

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def blank_client() -> SSL.Context:
    client = contexts.blank_context()
    client.set_verify(SSL.VERIFY_PEER)
    return client


def outcome(client: SSL.Context, who: authority.Identity | None = None) -> Exception | None:
    pair = pump.pair(contexts.server_context(who), client)
    return pump.handshake_outcome(*pair).client


def code(client: SSL.Context, who: authority.Identity | None = None) -> int | None:
    failure = outcome(client, who)
    if failure is None:
        return 0
    assert verdicts.is_protocol_error(failure, "certificate verify failed")
    assert isinstance(failure, SSL.Error)
    return failure.verify_code


def lists(*revoked: x509.Certificate) -> list[x509.CertificateRevocationList]:
    """Of the root and of the intermediate, with those certificates on the latter."""
    ours = authority.authority()
    made = []
    for issuer, key, gone in (
        (ours.root, ours.root_key, ()),
        (ours.intermediate, ours.intermediate_key, revoked),
    ):
        builder = x509.CertificateRevocationListBuilder(issuer.subject, NOW - DAY, NOW + DAY)
        for each in gone:
            entry = x509.RevokedCertificateBuilder(each.serial_number, NOW - DAY).build()
            builder = builder.add_revoked_certificate(entry)
        made.append(builder.sign(key, hashes.SHA256()))  # type: ignore[arg-type]
    return made


# ---- a store


def test_a_store_of_ones_own_is_in_force_and_shared() -> None:
    store = crypto.X509Store()
    clients = [blank_client(), blank_client()]
    for client in clients:
        client.set_cert_store(store)
        assert outcome(client) is not None
    store.load_data(authority.identity().root_pem)
    assert [outcome(client) for client in clients] == [None, None]


def test_a_store_takes_the_place_of_what_was_trusted() -> None:
    client = contexts.client_context()
    assert outcome(client) is None
    client.set_cert_store(crypto.X509Store())
    assert code(client) == SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY


def test_a_store_replaced_while_its_hook_runs() -> None:
    client = contexts.client_context()

    def verify(_connection: SSL.Connection, _x509: crypto.X509, *rest: int) -> bool:
        client.set_cert_store(crypto.X509Store())
        return bool(rest[-1])

    client.set_verify(SSL.VERIFY_PEER, verify)
    assert outcome(client) is None
    assert outcome(client) is not None


def test_what_is_added_after_a_store_goes_into_it() -> None:
    client = blank_client()
    store = crypto.X509Store()
    client.set_cert_store(store)
    client.load_verify_locations(str(authority.trust_file()))
    assert [each.get_subject() for each in store.get_certificates()]
    assert outcome(client) is None


@pytest.mark.parametrize("wrong", [None, b"", object()])
def test_what_is_no_store(wrong: object) -> None:
    client = contexts.client_context()
    with pytest.raises(TypeError, match="X509Store"):
        client.set_cert_store(wrong)  # type: ignore[arg-type]
    assert outcome(client) is None


# ---- bytes


@pytest.mark.parametrize(
    "data",
    [
        authority.identity().root_pem,
        authority.identity().root_pem.decode(),
        bytearray(authority.identity().root_pem),
        authority.identity().root.public_bytes(DER),
        authority.identity().root.public_bytes(DER) + authority.stranger().root.public_bytes(DER),
        b"words before\n" + authority.stranger().root_pem + authority.identity().root_pem,
    ],
)
def test_authorities_from_bytes(data: bytes) -> None:
    client = blank_client()
    client.load_verify_data(data)
    assert outcome(client) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no certificate",
        b"\x30",
        b"\x30\x03\x02\x01\x00",
        authority.identity().root_pem[:-40] + b"\n-----END CERTIFICATE-----\n",
        authority.identity().root_pem + authority.identity().root_pem[:200],
        authority.identity().root.public_bytes(DER) + b"\x00",
        authority.identity().root.public_bytes(DER)[:-1],
        authority.identity().key_pem,
    ],
)
def test_malformed_bytes_change_nothing(data: bytes) -> None:
    client = blank_client()
    with pytest.raises(crypto.Error) as caught:
        client.load_verify_data(data)
    assert caught.value.args[0]
    assert code(client) == SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    client.load_verify_data(authority.identity().root_pem)
    assert outcome(client) is None


def test_bytes_are_added_to_files_that_are_shared() -> None:
    one, other = blank_client(), blank_client()
    for client in (one, other):
        client.load_verify_locations(str(authority.trust_file()))
    one.load_verify_data(authority.stranger().root_pem)
    assert [outcome(client) for client in (one, other)] == [None, None]
    assert outcome(one, authority.stranger()) is None
    assert outcome(other, authority.stranger()) is not None


@pytest.mark.parametrize("wrong", [None, 1, object(), ["text"]])
def test_what_is_no_data(wrong: object) -> None:
    with pytest.raises(TypeError):
        blank_client().load_verify_data(wrong)  # type: ignore[arg-type]


# ---- a URI


def test_authorities_from_a_uri() -> None:
    client = blank_client()
    client.load_verify_uri(f"file:{authority.trust_file()}")
    assert outcome(client) is None
    assert outcome(client, authority.stranger()) is not None


@pytest.mark.parametrize("uri", ["file:/nonexistent/ca.pem", "unheard-of:ca", ""])
def test_a_uri_that_leads_nowhere(uri: str) -> None:
    client = blank_client()
    with pytest.raises(SSL.Error):
        client.load_verify_uri(uri)
    assert outcome(client) is not None


def test_a_uri_is_text_without_nul() -> None:
    client = blank_client()
    with pytest.raises(TypeError):
        client.load_verify_uri(b"file:/etc/ca.pem")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NUL"):
        client.load_verify_uri(f"file:{authority.trust_file()}\0.pem")


# ---- revoked certificates


@pytest.mark.parametrize(("form", "way"), [(PEM, "bytes"), (DER, "bytes"), (PEM, "file")])
def test_a_revoked_certificate(form: serialization.Encoding, way: str, tmp_path: Path) -> None:
    who = authority.authority().issue("revoked")
    data = b"".join(each.public_bytes(form) for each in lists(who.certificate))
    client = contexts.client_context()
    if way == "bytes":
        client.load_verify_data(data)
    else:
        path = tmp_path / "lists.pem"
        path.write_bytes(data)
        client.load_verify_locations(path)
    assert outcome(client, who) is None, "lists count only where they are asked for"
    flags = crypto.X509StoreFlags
    client.set_verify_flags(flags.CRL_CHECK | flags.CRL_CHECK_ALL)
    assert code(client, who) == SSL.X509VerificationCodes.ERR_CERT_REVOKED
    assert outcome(client) is None


def test_a_missing_list_refuses() -> None:
    client = contexts.client_context()
    client.set_verify_flags(crypto.X509StoreFlags.CRL_CHECK)
    assert code(client) == SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_CRL


def test_a_revoked_server_of_another_program() -> None:
    who = authority.authority().issue("revoked by name")
    client = contexts.client_context()
    client.load_verify_data(b"".join(each.public_bytes(PEM) for each in lists(who.certificate)))
    client.set_verify_flags(crypto.X509StoreFlags.CRL_CHECK)
    with (
        peers.openssl_server(who) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(client, sock, authority.HOST.encode()) as end,
    ):
        with verdicts.protocol_error("^certificate verify failed$"):
            end.do_handshake()
        assert end.get_verify_result() == SSL.X509VerificationCodes.ERR_CERT_REVOKED
