"""``scan`` finds what the settings of real servers say."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import threading
import time
from typing import Any

import jsonschema
import pytest

pytest.importorskip("click")

from kit import authority, peers, responses
from kit.commands import COMMAND, brisk, environment
from kit.contexts import server_context
from kit.greeters import GREETINGS, greeter
from kit.programs import running
from kit.scanned import SERVERS
from kit.scans import SCHEMA, TRUST, accepted, scanned, suites, version
from kit.sockets import LOOPBACK, ThreadedServer
from OpenSSL import SSL
from OpenSSL._command import scan_probes
from OpenSSL._command.dial import begin


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_found_is_what_the_settings_say(name: str) -> None:
    server = SERVERS[name]
    with server.start() as port:
        data = scanned(port)
    assert data["complete"] is True
    assert tuple(accepted(data["versions"], "version")) == server.versions
    for each, names in server.suites.items():
        assert set(suites(data, each)) == names
    kinds = {each["key"].split()[0] for each in data["certificates"]}
    assert kinds == set(server.keys)
    assert all(each["verified"] for each in data["certificates"]), data["certificates"]
    assert data["client_certificate_asked"] is server.wants_certificate
    if server.ordered:
        assert tuple(suites(data, "TLSv1.2")) == server.ordered
        assert version(data, "TLSv1.2")["order"] == "server"
    assert (data["stapling"]["outcome"] == "accepted") is server.staples
    if not server.wants_certificate:
        assert bool(accepted(data["resumption"])) is server.resumes, data["resumption"]
        begun = "client-initiated" in accepted(data["renegotiation"])
        assert begun is server.renegotiates, data["renegotiation"]
        words = {row["why"] for row in data["renegotiation"]}
        refusals = {f"the server {done}" for done in ("ended the connection", "refused it")}
        assert words <= {None, "the server ignored it", *refusals}
    why = "its sessions allow none" if "TLSv1.3" in server.versions else "only TLS 1.3 has it"
    if not server.resumes or server.wants_certificate:
        why = "no session was resumed"
    early = data["early_data"]
    assert (early["outcome"] != "accepted", early["why"], early["bytes"]) == (True, why, 0), early
    for answer in data["groups"] + data["signatures"]:
        assert answer["outcome"] in ("accepted", "refused"), answer


def test_the_clients_order_is_told_apart_from_the_servers() -> None:
    with peers.openssl_server(None, version="TLSv1.2") as server:
        assert version(scanned(server.port), "TLSv1.2")["order"] == "client"
    with peers.openssl_server(None, "-serverpref", version="TLSv1.2") as server:
        assert version(scanned(server.port), "TLSv1.2")["order"] == "server"


def test_a_client_certificate_opens_what_needs_one() -> None:
    mine = ("--cert", authority.client_identity().files.combined)
    context = server_context(require_client=True)
    context.set_session_id(b"test")
    with ThreadedServer(context) as server:
        without = scanned(server.port)
        with_one = scanned(server.port, *mine)
    assert suites(without, "TLSv1.2") == suites(with_one, "TLSv1.2")
    for data, begun, resumed in (
        (without, "not tried", "not tried"),
        (with_one, "refused", "accepted"),
    ):
        assert [row["outcome"] for row in data["renegotiation"]] == ["accepted", begun]
        assert {row["outcome"] for row in data["resumption"]} == {resumed}, data["resumption"]
    assert "--cert" in without["resumption"][0]["why"]


def test_groups_and_signatures_are_the_servers() -> None:
    with peers.openssl_server(
        authority.identity("rsa"), "-groups", "P-384:X25519", "-sigalgs", "RSA-PSS+SHA384"
    ) as server:
        data = scanned(server.port)
    for each in ("TLSv1.3", "TLSv1.2"):
        assert set(accepted(data["groups"], version=each)) == {"secp384r1", "x25519"}
        assert accepted(data["signatures"], version=each) == ["rsa_pss_rsae_sha384"]


def test_groups_of_a_server_with_an_ecdsa_certificate_only() -> None:
    """In TLS 1.2 a client that leaves out the certificate's curve is refused for that."""
    with peers.openssl_server(None, "-groups", "P-384:P-256") as server:
        data = scanned(server.port)
    for each in ("TLSv1.3", "TLSv1.2"):
        assert set(accepted(data["groups"], version=each)) == {"secp384r1", "secp256r1"}


def test_application_protocols_staples_and_renegotiation() -> None:
    context = server_context()
    context.set_alpn_select_callback(lambda connection, names: names[0])
    context.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    response = responses.response(authority.identity())
    context.set_ocsp_server_callback(lambda connection, data: response)
    with ThreadedServer(context) as server:
        data = scanned(server.port, "--alpn", "mine")
    assert accepted(data["alpn"]) == ["mine", "h2", "http/1.1", "http/1.0"]
    assert data["stapling"]["outcome"] == "accepted"
    assert data["certificates"][0]["ocsp"]["status"] == "good"
    assert accepted(data["renegotiation"]) == ["secure", "client-initiated"]
    with ThreadedServer(server_context()) as server:
        data = scanned(server.port)
    assert accepted(data["alpn"]) == []
    assert data["stapling"]["outcome"] == "refused"
    assert accepted(data["renegotiation"]) == ["secure"]


def test_what_this_library_cannot_offer_is_not_called_unsupported() -> None:
    with SERVERS["modern"].start() as port:
        data = scanned(port)
    untried = {row["what"] for row in data["not_tried"]}
    assert {"SSL 2.0", "SSL 3.0", "export suites"} <= untried
    named = {row["name"] for row in data["groups"]} | {row["version"] for row in data["versions"]}
    assert not untried & named
    assert data["compression"]["outcome"] == "refused"


def test_a_bad_certificate_is_judged_but_ends_nothing() -> None:
    with ThreadedServer(server_context(authority.expired())) as server:
        data = scanned(server.port)
    (shown,) = data["certificates"]
    assert shown["verified"] is False
    assert any("expired" in words for words in shown["problems"])


def test_datagrams() -> None:
    files = authority.identity().files
    with running(
        *("openssl", "s_server", "-dtls", "-accept", f"{LOOPBACK}:0", "-cert", str(files.chain)),
        *("-cert_chain", str(files.intermediates), "-key", str(files.key)),
    ) as peer:
        port = int(peer.expect(r"^ACCEPT .*:(\d+)").group(1))
        data = scanned(port, "--dtls", "--parallel", "1")
    assert "DTLSv1.2" in accepted(data["versions"], "version")
    assert "ECDHE-ECDSA-AES256-GCM-SHA384" in suites(data, "DTLSv1.2")


def test_after_starttls_and_through_another_address() -> None:
    with greeter(GREETINGS["imap"]) as port:
        data = scanned(port, "--starttls", "imap")
        assert data["starttls"] == "imap"
        assert "TLSv1.3" in accepted(data["versions"], "version")
        assert [row["name"] for row in data["alpn"]] == ["imap"]
    with SERVERS["modern"].start() as port:
        there = ("--connect-to", f"localhost:{port}", "--servername", "brisk.test")
        done = brisk("scan", "elsewhere.invalid:443", "-4", *TRUST, *there, "--json")
        assert done.status == 0, done
        assert done.data["certificates"][0]["verified"] is True


def test_a_person_reads_it() -> None:
    with SERVERS["old"].start() as port:
        done = brisk("scan", f"localhost:{port}", "-4", *TRUST)
    assert done.status == 0, done
    for words in ("scanned", "TLSv1.0", "the client's order counts", "Not tried", "chain and name"):
        assert words in done.out
    assert "\x1b" not in done.out
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_a_person_sees_how_far_it_is() -> None:
    controller, terminal = pty.openpty()
    screen = b""
    with SERVERS["modern"].start() as port:
        arguments = ("scan", f"localhost:{port}", "-4", *map(str, TRUST))
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            env=environment(TERM="xterm"),
        )
        os.close(terminal)
        try:
            # Linux ends a terminal that nobody holds with an error.
            with contextlib.suppress(OSError):
                while data := os.read(controller, 65536):
                    screen += data
            assert process.wait(30) == 0, screen
        finally:
            process.kill()
            process.wait()
            os.close(controller)
    for words in (b"versions and suites", b"connections", b"scanned"):
        assert words in screen


def test_it_is_as_polite_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many at a time, and no sooner than that after the one before."""
    begun: list[float] = []
    lock = threading.Lock()
    now = most = 0

    def counted(*arguments: Any) -> None:
        nonlocal now, most
        with lock:
            begun.append(time.monotonic())
            now += 1
            most = max(most, now)
        try:
            begin(*arguments)
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(scan_probes, "begin", counted)
    with peers.openssl_server(None) as server:
        scanned(server.port, "--parallel", "3")
        assert 1 < most <= 3
        begun, most = [], 0
        scanned(server.port, "--parallel", "1", "--delay", "0.02")
    assert most == 1
    assert begun[-1] - begun[0] >= 0.01 * len(begun)


def test_the_schema_can_fail() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    with SERVERS["modern"].start() as port:
        data = scanned(port)
    for key in data:
        without = {name: value for name, value in data.items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(without, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"more": 1}, SCHEMA)
