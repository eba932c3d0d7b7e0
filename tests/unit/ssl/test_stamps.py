"""Stamps: a session stands for nothing less than a full handshake would, now.

Random sequences of rules are in ``tests/fuzz/rules.py``; these are the single ways, by name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kit import authority, contexts, datagrams
from kit.resuming import (
    NAME,
    REQUIRED,
    VERSIONS,
    resumes,
    session_of,
    stranger,
    strict_server,
    visit,
    visitor,
)
from OpenSSL import SSL, crypto

# ---- what a verify callback let through


@pytest.mark.differs("a session, where a verify callback")
@VERSIONS
@pytest.mark.parametrize("then", [lambda *_: True, lambda *about: about[-1]])
@pytest.mark.holds("S2")
def test_what_a_callback_decided_is_verified_again(version: str, then: Any) -> None:
    client = contexts.client_context(version=version)
    server = contexts.server_context(version=version)
    lax = session_of(*visit(server, client, client=lambda e: e.set_verify(SSL.VERIFY_PEER, then)))
    assert not resumes(*visit(server, client, lax))
    asked: list[object] = []

    def judge(*about: Any) -> bool:
        asked.append(about)
        return False

    _ends, outcome = visit(
        server,
        client,
        session_of(*visit(server, client)),
        client=lambda end: end.set_verify(SSL.VERIFY_PEER, judge),
    )
    assert asked
    assert "certificate verify failed" in str(outcome.client)


@VERSIONS
@pytest.mark.holds("S2", "F1")
def test_a_stranger_whom_a_callback_let_in_is_not_let_in_without_it(version: str) -> None:
    server, client = strict_server(version), stranger(version)
    server.set_verify(REQUIRED, lambda *_: True)
    session = session_of(*visit(server, client))
    server.set_verify(REQUIRED)
    assert "certificate verify failed" in str(visit(server, client, session)[1].server)


@VERSIONS
@pytest.mark.holds("F1")
def test_a_callback_that_changed_its_mind_is_asked(version: str) -> None:
    answers = [True]
    server, client = strict_server(version), visitor(version)
    server.set_verify(REQUIRED, lambda *_: answers[-1])
    session = session_of(*visit(server, client))
    answers.append(False)
    assert visit(server, client, session)[1].server is not None


@pytest.mark.differs("a session, where a verify callback")
def test_a_staple_is_judged_each_time() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    server.set_ocsp_server_callback(lambda *_: contexts.STAPLE)
    staples: list[bytes] = []

    def judge(_end: SSL.Connection, staple: bytes, _data: object) -> bool:
        staples.append(staple)
        return staple == contexts.STAPLE

    client.set_ocsp_client_callback(judge)
    session = session_of(*visit(server, client, client=SSL.Connection.request_ocsp))
    assert not resumes(*visit(server, client, session, client=SSL.Connection.request_ocsp))
    assert staples == [contexts.STAPLE] * 2


# ---- another Context


class Two:
    """Two hosts with the same session id context that trust two authorities."""

    def __init__(self, version: str) -> None:
        self.one, self.other = strict_server(version), contexts.server_context(version=version)
        self.other.set_verify(REQUIRED)
        store = self.other.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(authority.stranger_authority().root))
        for each in (self.one, self.other):
            each.set_session_id(b"the same for both")
        self.client = visitor(version)


@VERSIONS
@pytest.mark.holds("F1")
def test_a_context_that_trusts_others(version: str) -> None:
    two = Two(version)
    session = session_of(*visit(two.one, two.client))
    moved = visit(two.one, two.client, session, server=lambda end: end.set_context(two.other))
    assert "certificate verify failed" in str(moved[1].server)


@VERSIONS
@pytest.mark.parametrize("hook", ["name", "protocol"])
@pytest.mark.holds("S3", "F12")
def test_a_hook_that_chooses_another_for_the_same_name(version: str, hook: str) -> None:
    two = Two(version)
    chosen = [two.one]
    front = contexts.server_context(version=version)

    def choose(end: SSL.Connection, *offered: list[bytes]) -> Any:
        end.set_context(chosen[-1])
        return offered[0][0] if offered else None

    if hook == "name":
        front.set_tlsext_servername_callback(choose)
    else:
        front.set_alpn_select_callback(choose)
        two.client.set_alpn_protos([b"p"])
    session = session_of(*visit(front, two.client))
    ends, outcome = visit(front, two.client, session)
    assert resumes(ends, outcome)
    assert ends.server.get_context() is two.one
    chosen.append(two.other)
    assert "certificate verify failed" in str(visit(front, two.client, session)[1].server)


@VERSIONS
def test_equal_contexts_share_their_sessions(version: str) -> None:
    """Rules are compared by content, so a ticket opens another process with the same."""
    key = [bytes(80)]
    one, other = strict_server(version), strict_server(version)
    for each in (one, other):
        each.set_ticket_keys(key)
    client = visitor(version)
    session = session_of(*visit(one, client))
    assert resumes(*visit(other, client, session))


@pytest.mark.differs("set_context during a handshake")
@VERSIONS
@pytest.mark.holds("U-A1")
def test_a_context_that_only_brings_a_certificate_asks_for_no_less(version: str) -> None:
    strict, other = strict_server(version), contexts.server_context(version=version)
    other.load_verify_locations(authority.trust_file())
    strict.set_tlsext_servername_callback(lambda end: end.set_context(other))
    nobody = contexts.client_context(version=version)
    assert "did not return a certificate" in str(visit(strict, nobody)[1].server)
    assert visit(strict, visitor(version))[1] == (None, None)
    other.set_verify(SSL.VERIFY_NONE)  # unless it says so
    assert visit(strict, nobody)[1] == (None, None)


# ---- names


@pytest.mark.differs("a session for another server")
@VERSIONS
@pytest.mark.holds("F11")
def test_a_name_has_no_case(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    seen: list[bytes | None] = []
    server.set_tlsext_servername_callback(lambda end: seen.append(end.get_servername()))
    session = session_of(*visit(server, client))
    again = b"Brisk.Test"
    client.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    assert resumes(*visit(server, client, session, name=again))
    assert seen == [NAME, again]


@pytest.mark.differs("a session for another server")
@VERSIONS
@pytest.mark.parametrize("name", [b"other.test", None])
def test_another_name_is_a_full_handshake(version: str, name: bytes | None) -> None:
    """RFC 6066: the server does not resume, and does not refuse either."""
    server, client = contexts.server_context(version=version), contexts.client_context()
    session = session_of(*visit(server, client))
    data = session.to_bytes()
    for hook in (None, lambda _end: None):
        server.set_tlsext_servername_callback(hook)
        read = SSL.Session.from_bytes(data, client)
        ends, outcome = visit(server, client, read, name=name)
        assert not resumes(ends, outcome)
        assert ends.server.get_servername() == name


@pytest.mark.differs("the server's name, resumed up to TLS 1.2")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3", "DTLS"])
@pytest.mark.parametrize("hook", [None, lambda _end: None])
@pytest.mark.parametrize("tickets", [True, False])
@pytest.mark.holds("F12")
def test_a_server_that_resumes_knows_the_name(version: str, hook: Any, tickets: bool) -> None:
    if version == "DTLS":
        server, client = datagrams.context(serving=True), datagrams.context()
    else:
        server, client = contexts.server_context(version=version), contexts.client_context()
    server.set_tlsext_servername_callback(hook)
    if not tickets:
        server.set_options(SSL.OP_NO_TICKET)
    for name in (NAME, None):
        # Kept: the session of one that goes without a goodbye leaves the server's cache.
        first = visit(server, client, name=name)
        ends, outcome = visit(server, client, session_of(*first), name=name)
        assert resumes(ends, outcome)
        assert ends.server.get_servername() == name


# ---- sessions in bytes


@VERSIONS
@pytest.mark.holds("S12", "F1")
def test_bytes_into_a_context_with_other_rules(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    data = session_of(*visit(server, client)).to_bytes()
    same = contexts.client_context()
    assert resumes(*visit(server, same, SSL.Session.from_bytes(data, same)))
    other = contexts.blank_context()
    other.set_verify(SSL.VERIFY_PEER)
    outcome = visit(server, other, SSL.Session.from_bytes(data, other))[1]
    assert "certificate verify failed" in str(outcome.client)


@pytest.mark.parametrize(
    ("written", "read", "fits"),
    [(b"", b"", True), (b"key", b"key", True), (b"key", b"", False), (b"", b"key", False)],
)
def test_bytes_are_believed_by_their_key(written: bytes, read: bytes, fits: bool) -> None:
    server, client = contexts.server_context(), contexts.client_context()
    data = session_of(*visit(server, client)).to_bytes(written)
    assert resumes(*visit(server, client, SSL.Session.from_bytes(data, client, read))) is fits


@VERSIONS
def test_bytes_that_somebody_has_changed(version: str) -> None:
    """A stamp of other rules does not become one of these, nor does a seal go to another."""
    server = contexts.server_context(version=version)
    lax = contexts.client_context(verify=False)
    strict = contexts.client_context()
    good, bad = (session_of(*visit(server, each)).to_bytes() for each in (strict, lax))
    mark = good[good.index(b"\x04\x20", good.index(b"\xa4")) + 2 :][:32]
    there = bad.index(b"\x04\x20", bad.index(b"\xa4")) + 2
    forged = bad[:there] + mark + bad[there + 32 :]
    assert forged != bad
    assert resumes(*visit(server, strict, SSL.Session.from_bytes(good, strict)))
    assert not resumes(*visit(server, strict, SSL.Session.from_bytes(forged, strict)))


def test_what_another_program_wrote_is_verified(tmp_path: Path) -> None:
    """`openssl` writes no stamp."""
    server, client = contexts.server_context(version="TLSv1.2"), contexts.client_context()
    data = session_of(*visit(server, client)).to_bytes()
    plain = tmp_path / "session.pem"
    subprocess.run(
        ["openssl", "sess_id", "-inform", "DER", "-out", plain],
        input=data,
        check=True,
        capture_output=True,
    )
    again = subprocess.run(
        ["openssl", "sess_id", "-in", plain, "-outform", "DER", "-context", "x"],
        check=True,
        capture_output=True,
    ).stdout
    assert not resumes(*visit(server, client, SSL.Session.from_bytes(again, client)))


def test_keys_are_bytes() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    session = session_of(*visit(server, client))
    with pytest.raises(TypeError, match="key must be a byte string, not str"):
        session.to_bytes("key")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key must be a byte string, not int"):
        SSL.Session.from_bytes(session.to_bytes(), client, 1)  # type: ignore[arg-type]


# ---- a server that cannot do TLS 1.3


@pytest.mark.holds("K1")
def test_a_server_whose_certificate_is_none_for_tls13_falls_back() -> None:
    # In TLS 1.3 an algorithm is for one curve, before that for all of them.
    key = ec.generate_private_key(ec.SECP384R1())
    server = contexts.server_context(authority.authority().issue("P-384", key=key))
    server.set_sigalgs_list(b"ECDSA+SHA256")
    ends, outcome = visit(server, contexts.client_context())
    assert outcome == (None, None)
    assert ends.client.get_protocol_version() == SSL.TLS1_2_VERSION


# ---- rules that libssl does not tell


@VERSIONS
@pytest.mark.parametrize(
    "change",
    [
        lambda context: context.set_purpose("any"),
        lambda context: context.set_verify_policies(["2.5.29.32.0"]),
        lambda context: context.set_sigalgs_list(b"ECDSA+SHA256:RSA-PSS+SHA256"),
        lambda context: context.set_cipher_list(b"DEFAULT:@SECLEVEL=1"),
        lambda context: context.set_session_id(b"another service"),
        lambda context: context.set_client_ca_list([]),
    ],
)
def test_what_a_context_was_told_counts(version: str, change: Callable[[SSL.Context], Any]) -> None:
    server, client = strict_server(version), visitor(version)
    session = session_of(*visit(server, client))
    assert resumes(*visit(server, client, session))
    change(server)
    assert not resumes(*visit(server, client, session))
