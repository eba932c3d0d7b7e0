"""Stores of trusted certificates: shared by Contexts, replaced, and changed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kit import authority, pump
from kit.trusting import client_outcome
from OpenSSL import SSL, crypto


def aged(path: Path) -> None:
    """Wait until a change of the file can no longer be mistaken for none."""
    changed = path.stat().st_ctime
    while time.time() < changed + 2.1:
        time.sleep(0.05)


def trusting(path: Path) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.load_verify_locations(path)
    context.set_verify(SSL.VERIFY_PEER)
    return context


def accepts(context: SSL.Context, who: authority.Identity) -> bool:
    return client_outcome(context, who) is None


def test_contexts_share_what_a_file_holds_until_it_changes(tmp_path: Path) -> None:
    known, other = authority.identity(), authority.stranger()
    path = tmp_path / "trusted.pem"
    path.write_bytes(known.root_pem)
    aged(path)
    first, second = trusting(path), trusting(path)
    assert accepts(first, known) and accepts(second, known)
    path.write_bytes(other.root_pem)
    third = trusting(path)
    assert not accepts(third, known)
    assert accepts(third, other)
    assert accepts(first, known)
    path.unlink()
    with pytest.raises(SSL.Error):
        trusting(path)


def test_what_is_added_to_one_store_is_trusted_by_no_other(tmp_path: Path) -> None:
    known, other = authority.identity(), authority.stranger()
    path = tmp_path / "trusted.pem"
    path.write_bytes(known.root_pem)
    aged(path)
    first, second = trusting(path), trusting(path)
    store = first.get_cert_store()
    assert store is not None
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, other.root_pem))
    assert accepts(first, other) and accepts(first, known)
    assert not accepts(second, other)
    assert not accepts(trusting(path), other)
    more = tmp_path / "more.pem"
    more.write_bytes(other.root_pem)
    second.load_verify_locations(more)
    assert accepts(second, other) and accepts(second, known)
    assert not accepts(trusting(path), other)


def test_what_a_folder_gave_to_one_context_is_not_kept_for_the_next(tmp_path: Path) -> None:
    """libssl keeps what it found in a folder; a certificate taken away must be gone."""
    known = authority.identity()
    root = crypto.load_certificate(crypto.FILETYPE_PEM, known.root_pem)
    link = tmp_path / f"{root.subject_name_hash():08x}.0"
    link.write_bytes(known.root_pem)
    aged(link)

    def by_folder() -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.load_verify_locations(None, tmp_path)
        context.set_verify(SSL.VERIFY_PEER)
        return context

    assert accepts(by_folder(), known)
    # In place: the folder itself looks as before.
    link.write_bytes(b"")
    assert not accepts(by_folder(), known)


def weak_server() -> SSL.Context:
    """Its certificate has a key too weak for most, which is told before the chain is built."""
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 1024)
    weak = crypto.X509()
    weak.get_subject().CN = "weak"
    weak.set_issuer(weak.get_subject())
    weak.set_pubkey(key)
    weak.gmtime_adj_notBefore(0)
    weak.gmtime_adj_notAfter(3600)
    weak.sign(key, "sha256")
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.use_certificate(weak)
    context.use_privatekey(key)
    return context


@pytest.mark.holds("C25")
def test_a_hook_may_replace_the_store_that_is_being_verified_by() -> None:
    aged(authority.trust_file())
    server_context = weak_server()
    for _ in range(3):
        client_context = SSL.Context(SSL.TLS_METHOD)
        client_context.set_cipher_list(b"DEFAULT:@SECLEVEL=2")
        errors: list[int] = []
        filling: list[bytes] = []

        def judge(
            connection: SSL.Connection, _certificate: crypto.X509, error: int, *_: int,
            errors: list[int] = errors, filling: list[bytes] = filling,
        ) -> bool:  # fmt: skip
            errors.append(error)
            if len(errors) == 1:
                connection.get_context().load_verify_locations(authority.trust_file())
                connection.get_context().get_cert_store()
                filling.extend(b"\xff" * size for size in range(16, 600) for _ in range(9))
            return True

        client_context.set_verify(SSL.VERIFY_PEER, judge)
        assert pump.handshake_outcome(*pump.pair(server_context, client_context)) == (None, None)
        assert errors[0] == 66 and len(errors) > 1
