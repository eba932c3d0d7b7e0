"""Functions that sign, and fail: nothing wrong is sent, and whoever asked is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, elsewhere, pump
from OpenSSL import SSL, crypto

VERSIONS = ("TLSv1.2", "TLSv1.3")
KIND = "p256"


class Refused(Exception):
    """What a token might raise."""


def refuse(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
    raise Refused(algorithm.name)


def context_of(sign: Any, version: str | None = None, kind: str = KIND) -> SSL.Context:
    context = contexts.blank_context(version)
    context.use_certificate(elsewhere.certificate(kind))
    context.use_privatekey(crypto.PKey.from_signer(elsewhere.certificate(kind), sign))
    return context


def asking() -> SSL.Context:
    context = contexts.server_context()
    context.load_verify_locations(str(elsewhere.files(KIND).certificate))
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return context


def careless(version: str | None = None) -> SSL.Context:
    return contexts.client_context(version=version, verify=False)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "error", [Refused("no"), KeyboardInterrupt(), MemoryError(), SystemExit(3)]
)
def test_what_a_servers_function_raises(version: str, error: BaseException) -> None:
    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        raise error

    server, client = pump.pair(context_of(sign, version), careless(version))
    assert not pump.step(client.do_handshake)
    pump.exchange(server, client)
    with pytest.raises(type(error)) as raised:
        server.do_handshake()
    assert raised.value is error
    with pytest.raises(SSL.Error, match="aborted"):
        server.do_handshake()
    pump.exchange(server, client)
    with pytest.raises(SSL.Error, match="internal error"):
        client.do_handshake()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_clients_function_raises(version: str) -> None:
    server = asking()
    outcome = pump.handshake_outcome(*pump.pair(server, context_of(refuse, version)))
    assert isinstance(outcome.client, Refused)
    assert isinstance(outcome.server, SSL.Error)


def test_a_late_request_for_a_certificate() -> None:
    """It comes out of the call that received the request."""
    context = context_of(refuse)
    context.set_post_handshake_auth(True)
    server = contexts.server_context(version="TLSv1.3")
    server.load_verify_locations(str(elsewhere.files(KIND).certificate))
    ends = pump.connected(server, context)
    ends.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE)
    ends.server.verify_client_post_handshake()
    ends.server.do_handshake()
    pump.exchange(*ends)
    with pytest.raises(Refused):
        ends.client.recv(100)


def another(sign: Callable[..., Any]) -> Any:
    return elsewhere.Vault("p384").sign


ANSWERS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "nothing": (lambda right: None, TypeError, "must return bytes, not NoneType"),
    "text": (lambda right: right.hex(), TypeError, "must return bytes, not str"),
    "number": (lambda right: 7, TypeError, "must return bytes, not int"),
    "empty": (lambda right: b"", ValueError, "does not verify"),
    "junk": (lambda right: bytes(len(right)), ValueError, "does not verify"),
    "one bit": (lambda right: right[:-1] + bytes([right[-1] ^ 1]), ValueError, "does not verify"),
    "short": (lambda right: right[:-1], ValueError, "does not verify"),
    "long": (lambda right: right + b"\0", ValueError, "does not verify"),
    "pair of zeros": (lambda right: bytes(64), ValueError, "does not verify"),
    "endless": (lambda right: right * 100_000, ValueError, "does not verify"),
    "memory of words": (lambda right: memoryview(right)[::2], ValueError, "does not verify"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["rsa", KIND])
@pytest.mark.parametrize("answer", ANSWERS)
def test_wrong_answers_are_not_sent(answer: str, kind: str, version: str) -> None:
    change, error, words = ANSWERS[answer]
    vault = elsewhere.Vault(kind)
    context = context_of(lambda *asked: change(vault.sign(*asked)), version, kind)
    outcome = pump.handshake_outcome(*pump.pair(context, careless(version)))
    assert type(outcome.server) is error
    assert words in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)
    # What the client was told is our failure, not a signature it had to look at.
    assert "internal error" in str(outcome.client)


def test_an_answer_that_is_a_coroutine() -> None:
    async def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        return b""

    with pytest.raises(TypeError, match="sign must be an ordinary function"):
        context_of(sign)
    context = context_of(lambda *asked: sign(*asked))
    outcome = pump.handshake_outcome(*pump.pair(context, careless()))
    assert "must be an ordinary function" in str(outcome.server)


@pytest.mark.parametrize("spoiled", ["key", "message", "padding", "salt"])
def test_signatures_that_are_good_for_something_else(spoiled: str) -> None:
    vault = elsewhere.Vault("rsa")
    other = elsewhere.Vault("rsa-pss")

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        if spoiled == "key":
            return other.sign(algorithm, message)
        if spoiled == "message":
            return vault.sign(algorithm, message + b".")
        if spoiled == "padding":
            return vault.sign(crypto.SigningAlgorithm("RSA", "pkcs1", "sha256"), message)
        return vault.sign(crypto.SigningAlgorithm("RSA", "pss", "sha256", 20), message)

    outcome = pump.handshake_outcome(*pump.pair(context_of(sign, kind="rsa"), careless()))
    assert isinstance(outcome.server, ValueError)
    assert isinstance(outcome.client, SSL.Error)


# ---- documents


def documents() -> dict[str, Callable[[crypto.PKey], object]]:
    certificate = crypto.X509.from_cryptography(authority.identity().certificate)
    request = crypto.X509Req()
    request.set_pubkey(certificate.get_pubkey())
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(certificate.get_pubkey())
    return {
        "data": lambda key: crypto.sign(key, b"data", "sha256"),
        "certificate": lambda key: certificate.sign(key, "sha256"),
        "request": lambda key: request.sign(key, "sha256"),
        "spki": lambda key: spki.sign(key, "sha256"),
        "crl": lambda key: crypto.CRL().export(certificate, key, days=1, digest=b"sha256"),
    }


DOCUMENTS = documents()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_signing_a_document_raises(document: str) -> None:
    key = crypto.PKey.from_signer(elsewhere.certificate(KIND), refuse)
    with pytest.raises(Refused, match="ecdsa_secp256r1_sha256"):
        DOCUMENTS[document](key)
    bad = crypto.PKey.from_signer(elsewhere.certificate(KIND), lambda *asked: b"junk")
    with pytest.raises(ValueError, match="does not verify"):
        DOCUMENTS[document](bad)
    # What failed leaves nothing behind.
    good = crypto.PKey.from_signer(elsewhere.certificate(KIND), elsewhere.Vault(KIND).sign)
    DOCUMENTS[document](good)


# ---- calls within calls


def test_a_function_that_signs_with_another_key() -> None:
    """Each failure comes out of the call that it belongs to."""
    inner = crypto.PKey.from_signer(elsewhere.certificate(KIND), refuse)
    vault = elsewhere.Vault(KIND)
    seen = []

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        try:
            crypto.sign(inner, b"data", "sha256")
        except Refused as error:
            seen.append(error)
        nested = pump.handshake_outcome(*pump.pair(context_of(refuse), careless()))
        seen.append(nested.server)
        return vault.sign(algorithm, message)

    pump.connected(context_of(sign), careless())
    assert [type(each) for each in seen] == [Refused, Refused]


def test_a_hook_that_signs() -> None:
    key = crypto.PKey.from_signer(elsewhere.certificate(KIND), refuse)
    seen = []

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        try:
            crypto.sign(key, b"data", "sha256")
        except Refused as error:
            seen.append(error)

    context = context_of(elsewhere.Vault(KIND).sign)
    context.set_info_callback(info)
    pump.connected(context, careless())
    assert seen


def test_a_function_that_uses_its_own_connection() -> None:
    """It may ask it anything, but libssl is at work on it."""
    vault = elsewhere.Vault(KIND)
    seen: list[Any] = []

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        seen.append(ends[0].get_protocol_version_name())
        with pytest.raises(SSL.Error, match="called from a callback"):
            ends[0].do_handshake()
        return vault.sign(algorithm, message)

    ends = pump.pair(context_of(sign, "TLSv1.3"), careless())
    pump.handshake(*ends)
    assert seen == ["TLSv1.3"]


def test_nobody_is_asked_after_a_hook_has_failed() -> None:
    vault = elsewhere.Vault(KIND)
    context = context_of(vault.sign)

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        raise Refused("info")

    context.set_info_callback(info)
    outcome = pump.handshake_outcome(*pump.pair(context, careless()))
    assert isinstance(outcome.server, Refused)
    assert vault.asked == []


def test_too_deep() -> None:
    """A function that signs with its own key, for ever."""
    keys: list[crypto.PKey] = []

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        return crypto.sign(keys[0], message, "sha256")

    keys.append(crypto.PKey.from_signer(elsewhere.certificate(KIND), sign))
    with pytest.raises(RecursionError):
        crypto.sign(keys[0], b"data", "sha256")
