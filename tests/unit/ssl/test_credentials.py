"""Certificates, chains and keys: from objects, from files, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto


@pytest.fixture
def context() -> SSL.Context:
    return SSL.Context(SSL.TLS_METHOD)


def works(context: SSL.Context) -> bool:
    client = contexts.client_context()
    outcome = pump.handshake_outcome(*pump.pair(context, client))
    return outcome.server is None or isinstance(outcome.server, SSL.WantReadError)


@pytest.mark.promises("Context.use_certificate, Context.use_privatekey")
@pytest.mark.parametrize("kind", authority.KINDS)
def test_our_objects_and_cryptographys(context: SSL.Context, kind: authority.Kind) -> None:
    who = authority.identity(kind)
    context.use_certificate(crypto.X509.from_cryptography(who.certificate))
    context.use_privatekey(crypto.PKey.from_cryptography_key(who.private_key))
    context.check_privatekey()
    context.use_certificate(who.certificate)
    context.use_privatekey(who.private_key)
    context.check_privatekey()
    for certificate in who.intermediates:
        context.add_extra_chain_cert(certificate)
    _, client = pump.connected(context, contexts.client_context())
    chain = client.get_peer_cert_chain()
    assert chain is not None
    assert len(chain) == 1 + len(who.intermediates)


def test_per_connection_credentials() -> None:
    who = authority.identity()
    server, client = pump.pair(SSL.Context(SSL.TLS_METHOD), contexts.client_context(verify=False))
    server.use_certificate(crypto.load_certificate(crypto.FILETYPE_PEM, who.pem))
    server.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, who.key_pem))
    server.check_privatekey()
    pump.handshake(server, client)


@pytest.mark.promises("Context.use_certificate_chain_file", "Context.use_certificate_file")
@pytest.mark.parametrize("path_type", [str, Path, lambda path: str(path).encode()])
def test_files_by_any_kind_of_path(context: SSL.Context, path_type: type) -> None:
    files = authority.identity().files
    context.use_certificate_file(path_type(files.certificate))
    context.use_privatekey_file(path_type(files.key))
    context.check_privatekey()
    context.use_certificate_file(path_type(files.certificate_der), SSL.FILETYPE_ASN1)
    context.use_privatekey_file(path_type(files.key_der), SSL.FILETYPE_ASN1)
    context.use_certificate_chain_file(path_type(files.chain))
    context.check_privatekey()


@pytest.mark.promises("Context.check_privatekey")
def test_a_key_of_another_certificate_is_refused(context: SSL.Context) -> None:
    context.use_certificate(authority.identity("rsa").certificate)
    with pytest.raises(SSL.Error, match="mismatch"):
        context.use_privatekey(authority.client_identity("rsa").private_key)
    with pytest.raises(SSL.Error, match="no private key assigned"):
        context.check_privatekey()
    context.use_privatekey(authority.identity("rsa").private_key)
    context.check_privatekey()


@pytest.mark.parametrize("value", [None, 1, "certificate", b"", object()])
def test_wrong_kinds_are_type_errors(context: SSL.Context, value: object) -> None:
    connection = SSL.Connection(context)
    for call in (
        context.use_certificate, context.add_extra_chain_cert, connection.use_certificate,
    ):  # fmt: skip
        with pytest.raises(TypeError, match="Must be a certificate"):
            call(value)  # type: ignore[arg-type]
    for call in (context.use_privatekey, connection.use_privatekey):
        with pytest.raises(TypeError, match="Unsupported key type"):
            call(value)  # type: ignore[arg-type]


@pytest.mark.differs("use_privatekey with the public half")
def test_the_public_half_is_no_private_key(context: SSL.Context) -> None:
    """With it a server would start, and fail in each handshake."""
    identity = authority.identity()
    half = crypto.load_certificate(crypto.FILETYPE_PEM, identity.pem).get_pubkey()
    context.use_certificate(identity.certificate)
    for target in (context, SSL.Connection(context)):
        with pytest.raises(TypeError, match="public half only"):
            target.use_privatekey(half)
    context.use_privatekey(identity.private_key)
    context.check_privatekey()


@pytest.mark.parametrize("value", ["certificate", b"", Path("server.pem")])
def test_names_of_files_are_told_from_what_is_in_them(context: SSL.Context, value: object) -> None:
    with pytest.raises(TypeError, match="load_certificate makes one"):
        context.use_certificate(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="load_privatekey makes one"):
        context.use_privatekey(value)  # type: ignore[arg-type]


class Passphrase:
    """A hook that notes what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[int, bool, object]] = []

    def __call__(self, maximum: int, verify: bool, data: object) -> bytes:
        self.asked.append((maximum, verify, data))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer  # type: ignore[return-value]


@pytest.mark.promises("Context.set_passwd_cb")
def test_the_passphrase_hook_is_asked(context: SSL.Context) -> None:
    hook = Passphrase(authority.PASSPHRASE)
    context.set_passwd_cb(hook, "data")
    context.use_privatekey_file(authority.identity().files.key_encrypted)
    ((maximum, verify, data),) = hook.asked
    assert maximum >= len(authority.PASSPHRASE)
    assert verify is False
    assert data == "data"


@pytest.mark.promises("Context.set_passwd_cb")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"wrong", SSL.Error),
        (b"", SSL.Error),
        (b"x" * 5000, SSL.Error),
        ("text", ValueError),
        (None, ValueError),
        (KeyError("own"), KeyError),
        (SystemExit("own"), SystemExit),
    ],
)
def test_a_passphrase_that_does_not_help(
    context: SSL.Context, answer: object, error: type[BaseException]
) -> None:
    path = authority.identity().files.key_encrypted
    context.set_passwd_cb(Passphrase(answer))
    with pytest.raises(error):
        context.use_privatekey_file(path)
    context.set_passwd_cb(Passphrase(authority.PASSPHRASE))
    context.use_privatekey_file(path)


def test_nobody_is_prompted_for_a_passphrase(context: SSL.Context) -> None:
    with pytest.raises(SSL.Error):
        context.use_privatekey_file(authority.identity().files.key_encrypted)


async def nobody_waits(*_: object) -> bytes:
    return b""


@pytest.mark.parametrize("hook", [b"secret", None, nobody_waits])
def test_a_passphrase_hook_must_be_callable(context: SSL.Context, hook: Any) -> None:
    with pytest.raises(TypeError, match=r"callable|ordinary function: a load cannot wait"):
        context.set_passwd_cb(hook)


def test_a_file_with_a_nul_in_its_name(context: SSL.Context) -> None:
    for call in (
        context.use_certificate_file, context.use_privatekey_file,
        context.use_certificate_chain_file, context.load_verify_locations,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="NUL"):
            call("a\0b")
