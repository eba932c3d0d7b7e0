"""Failing costs nothing that is not given back."""

from __future__ import annotations

import sys

import pytest

from kit import authority, contexts, memory, pump
from OpenSSL import SSL

#: Bytes; a round of a hundred calls that each lose one small object is beyond it.
SLACK = 2 * 1024


@pytest.fixture(scope="module")
def good():
    return authority.identity("ecdsa").files


@pytest.fixture(scope="module")
def folder(tmp_path_factory, good):
    path = tmp_path_factory.mktemp("bad")
    certificate = good.certificate.read_bytes()
    (path / "empty").write_bytes(b"")
    (path / "garbage").write_bytes(bytes(range(256)) * 8)
    (path / "cut").write_bytes(certificate[: len(certificate) // 2])
    (path / "hollow").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    return path


def failing_loads(good, folder):
    other = str(authority.client_identity("ecdsa").files.key)
    context = contexts.blank_context()
    context.use_certificate_file(str(good.certificate))
    context.set_passwd_cb(lambda *_: b"wrong")
    return {
        "missing": lambda: context.use_certificate_chain_file("/no/such/file"),
        "cut": lambda: context.use_certificate_file(str(folder / "cut")),
        "hollow": lambda: context.use_certificate_chain_file(str(folder / "hollow")),
        "mismatch": lambda: context.use_privatekey_file(other),
        "passphrase": lambda: context.use_privatekey_file(str(good.key_encrypted)),
        "authority": lambda: context.load_verify_locations(str(folder / "garbage")),
        "ciphers": lambda: context.set_cipher_list(b"nonsense"),
    }


@pytest.mark.parametrize(
    "name", ["missing", "cut", "hollow", "mismatch", "passphrase", "authority", "ciphers"]
)
@pytest.mark.holds("C34")
def test_failing_does_not_leak(good, folder, name):
    load = failing_loads(good, folder)[name]

    def attempt():
        try:
            load()
        except SSL.Error:
            return
        raise AssertionError("it was loaded")

    # Making a key from a passphrase is slow on purpose.
    assert memory.growth(attempt, 400 if name == "passphrase" else 2000) < SLACK


def test_failing_keeps_no_reference(good, folder):
    context = contexts.blank_context()
    path = str(folder / "empty")
    answer = b"wrong passphrase of my own"

    def callback(*_):
        return answer

    context.set_passwd_cb(callback)
    counts = []
    for _ in range(2):
        for _ in range(50):
            with pytest.raises(SSL.Error):
                context.use_certificate_file(path)
            with pytest.raises(SSL.Error):
                context.use_privatekey_file(str(good.key_encrypted))
        counts.append([sys.getrefcount(each) for each in (path, answer, callback, context)])
    assert counts[0] == counts[1]


def test_failed_handshakes_do_not_leak():
    server, client = contexts.server_context(authority.stranger()), contexts.client_context()

    def attempt():
        outcome = pump.handshake_outcome(*pump.pair(server, client))
        assert outcome.client is not None

    # Caches of OpenSSL 4.0 fill for some hundred handshakes.
    assert memory.growth(attempt, 1600, rounds=8) < SLACK


def test_garbage_does_not_leak():
    context = contexts.server_context()

    def attempt():
        server = pump.pair(context, context).server
        server.bio_write(b"\xde\xad\xbe\xef" * 100)
        with pytest.raises(SSL.Error):
            server.do_handshake()

    assert memory.growth(attempt, 2000) < SLACK


@pytest.mark.holds("C34")
def test_neither_does_success():
    server, client = contexts.server_context(), contexts.client_context()

    def attempt():
        ends = pump.connected(server, client)
        assert pump.transfer(ends.client, ends.server, b"x" * 1000) == b"x" * 1000
        pump.shutdown(ends.client, ends.server)

    assert memory.growth(attempt, 800) < SLACK
