"""``brisktls connect``: what is verified, negotiated and reported."""

from __future__ import annotations

import dataclasses
import datetime
import os
import socket
import ssl
import subprocess
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

pytest.importorskip("click")

from kit import authority, peers, responses
from kit.commands import brisk, brisk_program
from kit.connecting import TRUST, idle_server, refused
from kit.contexts import server_context
from kit.greeters import listening_server
from kit.sockets import LOOPBACK, ThreadedServer
from OpenSSL import crypto
from OpenSSL._command import trust
from OpenSSL._command.failures import KINDS


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("kind", authority.KINDS)
def test_the_openssl_program_is_verified_and_reported(kind: authority.Kind, version: str) -> None:
    with peers.openssl_server(authority.identity(kind), "-alpn", "h2", version=version) as server:
        done = brisk(
            "connect", f"localhost:{server.port}", *TRUST, "--alpn", "h2,http/1.1", "--json"
        )
    assert done.status == 0, done
    data = done.data
    assert (data["ok"], data["host"], data["port"]) == (True, "localhost", server.port)
    assert data["protocol"] == version
    assert data["cipher"].startswith("TLS_" if version == "TLSv1.3" else "ECDHE-")
    assert data["group"]
    assert (data["alpn"], data["alpn_offered"]) == ("h2", ["h2", "http/1.1"])
    assert data["servername"] == "localhost"
    assert data["verification"] == {"verified": True, "name": "localhost", "problems": []}
    leaf, middle, root = data["chain"]
    assert leaf["subject"] == "CN=server, O=Brisk Tests"
    assert "localhost" in leaf["names"]
    assert "::1" in leaf["names"]
    assert leaf["days_left"] in (29, 30)
    assert leaf["issuer"] == middle["subject"]
    assert middle["issuer"] == root["subject"] == root["issuer"]
    assert leaf["sha256"] == authority.identity(kind).certificate.fingerprint(SHA256()).hex()
    assert data["session"]["resumable"]
    assert data["resumed"] is False
    assert data["seconds"]["handshake"] > 0


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_gnutls_program_is_verified_and_reported(version: str) -> None:
    with peers.gnutls_server(version=version) as server:
        done = brisk("connect", f"{LOOPBACK}:{server.port}", *TRUST)
    assert done.status == 0, done
    assert f"{LOOPBACK}:{server.port}  {version}  verified\n" in done.out
    for words in ("Cipher", "Group", "none offered", "no response stapled", "days left", "itself"):
        assert words in done.out
    assert "Server name   none sent" in done.out
    assert "\x1b" not in done.out
    assert all(line == line.rstrip() for line in done.out.splitlines())


@pytest.mark.parametrize(
    ("who", "kind", "words"),
    [
        (authority.expired, "expired", "CN=expired, O=Brisk Tests expired 2 days ago"),
        (authority.not_yet_valid, "not-yet-valid", "is not valid before"),
        (authority.wrong_host, "wrong-host", "is for elsewhere.test, not for localhost"),
        (authority.stranger, "unknown-authority", "CN=stranger root"),
        (authority.self_signed, "self-signed", "CN=lonely"),
    ],
)
def test_each_bad_certificate_is_refused_in_its_own_words(who, kind, words) -> None:  # type: ignore[no-untyped-def]
    with idle_server(who()) as port:
        refused(brisk("connect", f"localhost:{port}", *TRUST), kind, f"localhost:{port}", words)
        done = brisk("connect", f"localhost:{port}", *TRUST, "--json")
        assert (done.data["ok"], done.data["error"]) == (False, kind)
        done = brisk("connect", f"localhost:{port}", *TRUST, "--insecure", "--json")
        assert done.status == 0
        assert done.data["verification"]["verified"] is False
        assert any(words in each for each in done.data["verification"]["problems"])
        assert "neither the chain nor the host name was enforced" in done.err
        assert words in done.err
        shown = brisk("connect", f"localhost:{port}", *TRUST, "--insecure")
        assert "NOT VERIFIED" in shown.out


def test_a_peer_without_a_certificate_is_not_verified() -> None:
    offer = ("--ciphers", "ALL:@SECLEVEL=0")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    received: list[bytes] = []

    def handle(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            received.append(tls.recv(100))

    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    with listening_server(handle) as port:
        target = f"localhost:{port}"
        refused(brisk("connect", target, *TRUST, *offer), "bad-certificate", "no certificate")
        done = brisk("connect", target, *TRUST, *offer, "--pipe")
        refused(done, "bad-certificate", "no certificate")
        assert not any(received)
        done = brisk("connect", target, *TRUST, *offer, "--insecure", "--json")
    assert done.status == 0, done
    assert done.data["verification"]["verified"] is False
    assert "no certificate" in done.data["verification"]["problems"][0]


def test_an_address_has_to_be_named_too() -> None:
    with idle_server(authority.wrong_host()) as port:
        refused(brisk("connect", f"{LOOPBACK}:{port}", *TRUST), "wrong-host", LOOPBACK)


def test_a_common_name_is_no_host_name(tmp_path: Path) -> None:
    """As in `ssl`: only alternative names count."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", key, "-out", chain, "-subj", "/CN=localhost", "-days", "2"),
        ],
        check=True,
        capture_output=True,
    )
    identity = types.SimpleNamespace(files=types.SimpleNamespace(chain=chain, key=key))
    with idle_server(identity) as port:  # type: ignore[arg-type]
        done = brisk("connect", f"localhost:{port}", "--cafile", chain)
        refused(done, "wrong-host", "it names no host name at all")


def test_the_server_name_is_what_is_verified() -> None:
    with idle_server() as port:
        target = f"localhost:{port}"
        assert brisk("connect", target, *TRUST, "--servername", "brisk.test").status == 0
        assert brisk("connect", target, *TRUST, "--servername", "a.wild.test").status == 0
        done = brisk("connect", target, *TRUST, "--servername", "other.test")
        refused(done, "wrong-host", "other.test")


def test_without_options_the_system_decides_whom_to_trust() -> None:
    with idle_server() as port:
        done = brisk_program("connect", f"localhost:{port}")
        refused(done, "unknown-authority")
        trust = str(authority.trust_file())
        done = brisk_program("connect", f"localhost:{port}", SSL_CERT_FILE=trust)
        assert done.status == 0


def test_a_hashed_directory_of_authorities(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(authority.trust_file().read_bytes())
    # The name OpenSSL looks for is the hash of the authority's subject.
    digest = crypto.X509.from_cryptography(authority.authority().root).subject_name_hash()
    (tmp_path / f"{digest:08x}.0").symlink_to("root.pem")
    with idle_server() as port:
        assert brisk("connect", f"localhost:{port}", "--capath", tmp_path).status == 0
        refused(brisk("connect", f"localhost:{port}", "--capath", tmp_path / "no"), "file")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_client_certificates(version: str) -> None:
    mine, theirs = authority.client_identity().files, authority.client_stranger().files
    with idle_server(client=True) as port:
        options = (f"localhost:{port}", *TRUST, "--max", version, "--min", version)
        refused(brisk("connect", *options), "certificate-wanted", "client certificate")
        done = brisk("connect", *options, "--cert", mine.chain, "--key", mine.key, "--json")
        assert done.status == 0, done
        assert done.data["client_certificate_asked"]
        assert done.data["client_certificate_sent"]
        assert brisk("connect", *options, "--cert", mine.combined).status == 0
        done = brisk("connect", *options, "--cert", theirs.combined)
        refused(done, "certificate-refused", "authority is not known")


def test_no_protocol_in_common() -> None:
    with idle_server(maximum_version=ssl.TLSVersion.TLSv1_2) as port:
        refused(brisk("connect", f"localhost:{port}", "--min", "1.3"), "no-common-protocol")
    with idle_server(minimum_version=ssl.TLSVersion.TLSv1_3) as port:
        refused(brisk("connect", f"localhost:{port}", "--max", "1.2"), "no-common-protocol")


def test_no_cipher_in_common() -> None:
    limits = {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}
    with idle_server(**limits) as port:
        target = (f"localhost:{port}", *TRUST)
        done = brisk("connect", *target, "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384")
        refused(done, "no-common-cipher")
        done = brisk("connect", *target, "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256", "--json")
        assert done.data["cipher"] == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_tls13_suites_are_chosen_by_their_names() -> None:
    with idle_server() as port:
        suite = "TLS_CHACHA20_POLY1305_SHA256"
        done = brisk("connect", f"localhost:{port}", *TRUST, "--ciphers", suite, "--json")
        assert done.data["cipher"] == suite


def test_no_application_protocol_in_common() -> None:
    with peers.gnutls_server(None, "--alpn", "http/1.1", "--alpn-fatal") as server:
        done = brisk("connect", f"localhost:{server.port}", *TRUST, "--alpn", "h2")
        refused(done, "no-common-alpn")


_STAPLES = {
    "revoked": "staple-revoked",
    "unknown": "staple-unknown",
    "expired": "staple-expired",
    "not-yet-valid": "staple-expired",
    "other-certificate": "staple-other-certificate",
    "signature": "staple-signature",
    "unsuccessful": "staple-unusable",
}


@pytest.mark.parametrize(("state", "reason"), responses.STATES.items())
@pytest.mark.holds("U-A3")
def test_a_stapled_response_is_judged(state: str, reason: str | None) -> None:
    who = authority.identity()
    staple = responses.response(who, state)
    context = server_context(who)
    context.set_ocsp_server_callback(lambda connection, data: staple)
    with ThreadedServer(context) as server:
        target = (f"localhost:{server.port}", *TRUST)
        done = brisk("connect", *target)
        if reason is None:
            assert done.status == 0, done
            assert brisk("connect", *target, "--json").data["ocsp"]["status"] == "good"
            assert f"response stapled: good, until {(responses.NOW):%Y}" in done.out
            return
        refused(done, _STAPLES[reason], "stapled OCSP response")
        done = brisk("connect", *target, "--insecure", "--json")
        assert (done.status, done.data["ocsp"]["status"]) == (0, reason)
        assert any("OCSP" in each for each in done.data["verification"]["problems"])
        if state == "revoked":
            since = f"{responses.NOW - 5 * responses.HOUR:%Y-%m-%d %H:%M}"
            assert since in done.err
            assert done.data["ocsp"]["reason"] == "keyCompromise"


def test_what_is_stapled_may_be_no_response() -> None:
    context = server_context()
    context.set_ocsp_server_callback(lambda connection, data: b"\x30\x03\x02\x01\x03")
    with ThreadedServer(context) as server:
        refused(brisk("connect", f"localhost:{server.port}", *TRUST), "staple-unusable")


def test_a_certificate_that_must_be_stapled_is_refused_without() -> None:
    who = responses.must_staple()
    with idle_server(who) as port:
        refused(brisk("connect", f"localhost:{port}", *TRUST), "staple-missing", "demands")
    context = server_context(who)
    context.set_ocsp_server_callback(lambda connection, data: responses.response(who))
    with ThreadedServer(context) as server:
        assert brisk("connect", f"localhost:{server.port}", *TRUST).status == 0


@contextmanager
def shows(*certificates: x509.Certificate) -> Iterator[int]:
    """The usual server, which sends these behind its own certificate."""
    who = authority.identity()
    name = f"shows-{len(certificates)}-{hash(certificates)}"
    with idle_server(dataclasses.replace(who, name=name, intermediates=certificates)) as port:
        yield port


def test_a_missing_intermediate_is_the_servers_fault() -> None:
    root = authority.authority().root
    with shows() as port:
        done = brisk("connect", f"localhost:{port}", *TRUST)
        refused(done, "incomplete-chain", "server did not send", "trusted intermediate")
    with shows(root) as port:
        refused(brisk("connect", f"localhost:{port}", *TRUST), "incomplete-chain", "did not send")


def test_the_chain_as_presented_stands_beside_the_one_as_verified() -> None:
    intermediate, root = authority.authority().intermediate, authority.authority().root
    stranger = authority.stranger_authority().root
    for sent, words in (
        ((intermediate,), ""),
        ((intermediate, root), "is the root, which is known here"),
        ((root, intermediate), "wrong order"),
        ((intermediate, stranger), "stranger root, O=Brisk Tests leads nowhere"),
    ):
        with shows(*sent) as port:
            done = brisk("connect", f"localhost:{port}", *TRUST)
            assert done.status == 0, done
            assert words in done.out
            told = brisk("connect", f"localhost:{port}", *TRUST, "--json").data["presented"]
        assert len(told["certificates"]) == len(sent) + 1
        assert bool(told["remarks"]) == bool(words)
        assert told["certificates"][0]["verified_at"] == 0


def test_refusals_are_in_words() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    who = authority.authority().issue("weak", "rsa", key=weak)
    with peers.openssl_server(who, "-cipher", "ALL:@SECLEVEL=0", version="TLSv1.2") as server:
        done = brisk("connect", f"localhost:{server.port}", *TRUST)
    refused(done, "bad-certificate", "CN=weak", "key too weak")
    assert "verify code" not in done.err


@pytest.mark.parametrize("code", range(1, 95))
@pytest.mark.holds("U-B3")
def test_every_verification_error_has_words(code: int) -> None:
    certificate = crypto.X509.from_cryptography(authority.expired().certificate)
    kind, words = trust._explain(code, certificate, "localhost")
    assert kind in KINDS
    assert "verify code" not in words
    assert len(words) > 20


@pytest.mark.holds("U-C1")
def test_every_report_counts_the_same_days() -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    for hours, left, words in (
        (-2 * 24 - 12, -2, "expired 2 days ago"),
        (-30, -1, "expired 1 day ago"),
        (-5, 0, "expired today"),
        (5, 0, "0 days left"),
        (30, 1, "1 day left"),
    ):
        ends = now + datetime.timedelta(hours=hours)
        who = authority.authority().issue(
            f"hours {hours}", not_before=now - datetime.timedelta(days=9), not_after=ends
        )
        with idle_server(who) as port:
            target = (f"localhost:{port}", *TRUST, "--insecure")
            row = brisk("connect", *target, "--json").data["chain"][0]
            shown = brisk("connect", *target)
            assert (row["days_left"], row["expired"]) == (left, hours < 0)
            assert words in shown.out
            if hours < 0:
                assert words in shown.err
                assert words in brisk("connect", *target[:-1]).err


def test_certificates_in_pem_form() -> None:
    with idle_server() as port:
        done = brisk("connect", f"localhost:{port}", *TRUST, "--showcerts")
        assert authority.identity().pem.decode() in done.out
        done = brisk("connect", f"localhost:{port}", *TRUST, "--showcerts", "--json")
        assert done.data["chain"][0]["pem"] == authority.identity().pem.decode()


def test_the_key_log_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    before = os.umask(0)
    try:
        with idle_server() as port:
            done = brisk("connect", f"localhost:{port}", *TRUST, "--keylog", path)
            assert done.status == 0
            assert path.stat().st_mode & 0o777 == 0o600
            first = path.read_text()
            assert "CLIENT_TRAFFIC_SECRET_0 " in first
            path.chmod(0o644)
            done = brisk("connect", f"localhost:{port}", *TRUST, "--keylog", path)
            assert "can be read by others (0644)" in done.err
            assert path.read_text().startswith(first)
            assert len(path.read_text()) > len(first)
    finally:
        os.umask(before)
    refused(brisk("connect", "localhost:1", "--keylog", tmp_path), "file", str(tmp_path))
