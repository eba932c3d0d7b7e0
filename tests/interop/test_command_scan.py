"""``scan`` finds what the settings of real servers say, and bears with bad ones."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from typing import Any

import jsonschema
import pytest

pytest.importorskip("click")

from reading import ROOT

from kit import authority, peers, responses
from kit.commands import Outcome, brisk, brisk_started
from kit.contexts import server_context
from kit.greeters import GREETINGS, greeter, listening_server
from kit.programs import running
from kit.scanned import SERVERS
from kit.sockets import LOOPBACK, ThreadedServer, reset
from OpenSSL import SSL
from OpenSSL._command import scan_probes
from OpenSSL._command.dial import begin
from OpenSSL._command.failures import KINDS

SCHEMA = json.loads((ROOT / "docs/scan.schema.json").read_text(encoding="utf-8"))
TRUST = ("--cafile", authority.trust_file())


def scanned(port: int, *options: object) -> dict[str, Any]:
    """What a scan that has to succeed finds."""
    done = brisk("scan", f"localhost:{port}", "-4", *TRUST, *options, "--json")
    assert done.status == 0, done
    jsonschema.validate(done.data, SCHEMA)
    data: dict[str, Any] = done.data
    return data


def failed(done: Outcome, kind: str) -> dict[str, Any]:
    assert done.status == KINDS[kind].status, done
    data: dict[str, Any] = done.data
    jsonschema.validate(data, SCHEMA)
    assert data["error"] == kind
    assert done.err.startswith("brisktls: ")
    assert done.err.count("\n") == 1
    return data


def accepted(rows: list[dict[str, Any]], key: str = "name", **wanted: str) -> list[str]:
    return [
        row[key]
        for row in rows
        if row["outcome"] == "accepted" and all(row[name] == wanted[name] for name in wanted)
    ]


def version(data: dict[str, Any], name: str) -> dict[str, Any]:
    (row,) = (each for each in data["versions"] if each["version"] == name)
    return dict(row)


def suites(data: dict[str, Any], name: str) -> list[str]:
    return [each["name"] for each in version(data, name)["suites"]]


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
    if not server.wants_certificate:
        assert bool(accepted(data["resumption"])) is server.resumes, data["resumption"]
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


def silent(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


def endless(sock: socket.socket) -> None:
    # Records of handshake messages that never end.
    while True:
        sock.sendall(struct.pack("!BHH", 22, 0x0303, 16384) + b"\x02\xff\xff\xff" + bytes(16380))


@pytest.mark.parametrize(
    ("handle", "kinds"),
    [
        (silent, {"timeout"}),
        (lambda sock: sock.sendall(b"220 hello\r\n" * 1000), {"not-tls"}),
        (lambda sock: sock.sendall(os.urandom(4096)), {"not-tls"}),
        (reset, {"closed"}),
        (lambda sock: None, {"closed"}),
        (endless, {"tls", "not-tls", "closed", "timeout"}),
        (lambda sock: sock.sendall(bytes([21, 3, 3, 0, 2, 2, 112])), {"name-not-served"}),
    ],
    ids=["silent", "text", "noise", "reset", "closed", "endless", "alert"],
)
def test_hostile_servers_cost_bounded_time(handle: Any, kinds: set[str]) -> None:
    with listening_server(handle) as port:
        done = brisk("scan", f"localhost:{port}", "-4", "--timeout", "0.5", "--json")
    assert done.data["error"] in kinds, done
    failed(done, done.data["error"])


def test_a_server_that_falls_silent_is_left_alone() -> None:
    context = server_context(version="TLSv1.3")
    served = 0

    def handle(sock: socket.socket) -> None:
        nonlocal served
        served += 1
        if served > 3:
            return silent(sock)
        connection = SSL.Connection(context, sock)
        connection.set_accept_state()
        connection.do_handshake()
        return None

    with listening_server(handle) as port:
        target = (f"localhost:{port}", "-4", *TRUST, "--timeout", "0.3")
        done = brisk("scan", *target, "--parallel", "1", "--json")
    data = failed(done, "timeout")
    assert data["complete"] is False
    assert "in a row" in data["incomplete_because"]
    assert served < 15
    assert data["certificates"]


def test_the_whole_scan_has_a_limit() -> None:
    with SERVERS["modern"].start() as port:
        options = ("--delay", "0.2", "--limit", "1", "--json")
        done = brisk("scan", f"localhost:{port}", "-4", *TRUST, *options)
    assert failed(done, "timeout")["incomplete_because"] == "the scan's 1 seconds were over"


def test_failures_before_the_first_answer() -> None:
    failed(brisk("scan", "localhost:1", "--json"), "refused")
    failed(brisk("scan", "no-such-host.invalid", "--json"), "name-resolution")
    failed(brisk("scan", "localhost:1", "--cafile", "/no/such/file", "--json"), "file")
    assert brisk("scan", "localhost:0").status == 2
    assert brisk("scan", "localhost:1", "--parallel", "0").status == 2
    with greeter(GREETINGS["imap"]) as port:
        done = brisk("scan", f"localhost:{port}", "-4", "--starttls", "smtp", "--json")
        assert done.status in (KINDS["starttls-broken"].status, KINDS["starttls-refused"].status)


def test_an_interrupt_ends_it_at_once() -> None:
    with (
        listening_server(silent) as port,
        brisk_started("scan", f"localhost:{port}", "-4", "--timeout", "600") as process,
    ):
        wait_for_a_visitor(port)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            pytest.fail("it went on after an interrupt")
        assert process.returncode == KINDS["interrupted"].status
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def wait_for_a_visitor(port: int) -> None:
    """Until the kernel knows an established connection to *port*."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
        if any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows):
            return
        time.sleep(0.05)
    raise AssertionError("nobody came")


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
