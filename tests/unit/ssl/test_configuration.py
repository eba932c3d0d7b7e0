"""Settings by the names of OpenSSL's configuration files."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

Target = SSL.Context | SSL.Connection


@pytest.fixture(params=["context", "connection"])
def target(request: pytest.FixtureRequest) -> Target:
    context = contexts.blank_context()
    return context if request.param == "context" else SSL.Connection(context, None)


def test_a_version(target: Target) -> None:
    target.configure("MinProtocol", "TLSv1.3")
    assert target.get_min_proto_version() == SSL.TLS1_3_VERSION


def test_options_and_verification(target: Target) -> None:
    target.configure("Options", "-SessionTicket")
    assert target.get_options() & SSL.OP_NO_TICKET
    target.configure("VerifyMode", "Require")
    assert target.get_verify_mode() == SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT


def test_ciphers_and_groups() -> None:
    server, client = contexts.server_context(authority.identity("rsa")), contexts.client_context()
    client.configure("MaxProtocol", "TLSv1.2")
    client.configure("CipherString", "ECDHE-RSA-AES256-GCM-SHA384")
    client.configure("Groups", "P-384")
    ends = pump.connected(server, client)
    assert ends.client.get_cipher_name() == "ECDHE-RSA-AES256-GCM-SHA384"
    assert (ends.client.get_group_name() or "").lower() in ("secp384r1", "p-384")


def test_a_certificate_with_a_key_that_asks() -> None:
    files = authority.identity().files
    server = contexts.blank_context()
    asked: list[int] = []

    def passphrase(_size: int, _twice: bool, _data: object) -> bytes:
        asked.append(1)
        return authority.PASSPHRASE

    server.set_passwd_cb(passphrase)
    server.configure("Certificate", str(files.chain))
    server.configure("PrivateKey", str(files.key_encrypted))
    assert asked
    assert pump.handshake_outcome(*pump.pair(server, contexts.client_context())) == (None, None)


def test_nobody_is_prompted(target: Target) -> None:
    files = authority.identity().files
    target.configure("Certificate", str(files.certificate))
    with pytest.raises(SSL.Error):
        target.configure("PrivateKey", str(files.key_encrypted))


def test_what_the_callback_raises_comes_out() -> None:
    server = contexts.blank_context()

    def passphrase(*_rest: object) -> bytes:
        raise KeyError("forgotten")

    server.set_passwd_cb(passphrase)
    with pytest.raises(KeyError, match="forgotten"):
        server.configure("PrivateKey", str(authority.identity().files.key_encrypted))


@pytest.mark.parametrize(
    ("command", "value", "kind"),
    [
        ("NoSuchCommand", "1", ValueError),
        ("MinProtocol", None, ValueError),
        ("MinProtocol", "TLSv9", SSL.Error),
        ("CipherString", "none", SSL.Error),
        ("Groups", "none", SSL.Error),
        ("Certificate", "/nonexistent", SSL.Error),
        ("MinProtocol", "TLSv1.2\0", ValueError),
        ("Min\0Protocol", "TLSv1.2", ValueError),
        (b"MinProtocol", "TLSv1.2", TypeError),
        ("MinProtocol", 5, TypeError),
    ],
)
def test_bad_commands(target: Target, command: str, value: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        target.configure(command, value)
    target.configure("MinProtocol", "TLSv1.2")
    assert target.get_min_proto_version() == SSL.TLS1_2_VERSION


def test_a_file(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "tls.cnf"
    path.write_text(
        "MinProtocol = TLSv1.2\nOptions = -SessionTicket\n[strict]\nMinProtocol = TLSv1.3\n"
        "[wrong]\nNoSuchCommand = 1\n"
    )
    target.configure_file(path)
    assert target.get_min_proto_version() == SSL.TLS1_2_VERSION
    assert target.get_options() & SSL.OP_NO_TICKET
    target.configure_file(str(path), "strict")
    assert target.get_min_proto_version() == SSL.TLS1_3_VERSION
    with pytest.raises(ValueError, match="section"):
        target.configure_file(path, "none")
    with pytest.raises(ValueError, match="NoSuchCommand"):
        target.configure_file(path, "wrong")
    with pytest.raises(SSL.Error):
        target.configure_file(tmp_path / "none.cnf")


def test_not_in_a_handshake() -> None:
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    with pytest.raises(SSL.WantReadError):
        ends.client.do_handshake()
    with pytest.raises(SSL.Error, match="too late"):
        ends.client.configure("VerifyMode", "Peer")
    pump.exchange(*ends)
    pump.handshake(*ends)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_no_session_stands_for_a_configured_connection(version: str) -> None:
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    first = pump.connected(server, client)
    pump.drain(first.client)
    session = first.client.get_session()
    assert session is not None
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    ends.client.configure("VerifyCAFile", str(authority.stranger().files.authority))
    assert pump.handshake_outcome(*ends).client is not None
