from __future__ import annotations

import json
import re
import resource
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

pytest.importorskip("click")

from kit import authority, peers
from kit.commands import brisk, interrupt, serving
from kit.patience import PATIENCE
from kit.programs import need, quiet_environment
from kit.sockets import LOOPBACK, reset
from OpenSSL import SSL

FILES = authority.identity().files
MINE = ("--cert", FILES.combined)


@contextmanager
def visitor(port: int, context: ssl.SSLContext | None = None) -> Iterator[ssl.SSLSocket]:
    context = context or ssl.create_default_context(cafile=str(authority.trust_file()))
    with (
        socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as tls,
    ):
        yield tls


def ask(port: int, request: bytes) -> bytes:
    with visitor(port) as tls:
        tls.sendall(request)
        answer = b""
        while part := tls.recv(65536):
            answer += part
        return answer


def get(port: int, path: str = "/", **headers: str) -> tuple[int, dict[str, str], bytes]:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    top, _, body = ask(port, ("\r\n".join(lines) + "\r\n\r\n").encode()).partition(b"\r\n\r\n")
    first, *rest = top.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in rest), body


def closing(output: str) -> str:
    return output.rstrip().splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_with_one_line_of_counts(number: int) -> None:
    with serving(*MINE) as (program, port):
        assert get(port)[0] == 200
        with visitor(port):
            assert interrupt(program, number) == 0
        assert "Traceback" not in program.output
        assert closing(program.output).startswith("served 1 request, 2 connections")


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_curl_gets_text(version: str) -> None:
    with serving(*MINE) as (_, port), peers.curl(port, version=version) as curl:
        assert curl.finish() == 0, curl.output
        assert re.search(rf"^Protocol +{version}$", curl.output, re.MULTILINE)
        assert re.search(r"^Name asked for \(SNI\) +localhost$", curl.output, re.MULTILINE)


def test_the_openssl_program_gets_an_answer_and_resumes(tmp_path: Path) -> None:
    with serving(*MINE) as (program, port):
        command = [need("openssl"), "s_client", "-connect", f"{LOOPBACK}:{port}", "-ign_eof"]
        command += ["-servername", "localhost", "-CAfile", str(authority.trust_file())]
        for option in ("-sess_out", "-sess_in"):
            done = subprocess.run(
                [*command, option, str(tmp_path / "session")],
                input=b"GET / HTTP/1.0\r\n\r\n",
                capture_output=True,
                env=quiet_environment(),
                timeout=PATIENCE,
                check=False,
            )
            assert b"Your TLS connection" in done.stdout, done.stderr
            assert b"Verify return code: 0 (ok)" in done.stdout
        assert b"Reused, TLSv1.3" in done.stdout
        assert re.search(rb"Session +resumed", done.stdout)
        assert interrupt(program) == 0
        assert "(1 resumed)" in closing(program.output)


def test_the_page_comes_in_the_form_asked_for() -> None:
    with serving(*MINE) as (_, port):
        status, headers, body = get(port, Accept="text/html,*/*;q=0.8")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert headers["Content-Length"] == str(len(body))
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert b"<td>TLSv1.3</td>" in body
        data = json.loads(get(port, Accept="application/json")[2])
        assert (data["protocol"], data["servername"]) == ("TLSv1.3", "localhost")
        assert get(port)[1]["Content-Type"] == "text/plain; charset=utf-8"


def test_what_a_visitor_sends_is_escaped_on_the_page() -> None:
    evil = authority.authority().issue("<script>alert(1)", client=True)
    context = ssl.create_default_context(cafile=str(authority.trust_file()))
    context.load_cert_chain(evil.files.chain, evil.files.key)
    with serving(*MINE, "--client-ca", authority.trust_file()) as (_, port):
        with visitor(port, context) as tls:
            tls.sendall(b"GET / HTTP/1.0\r\nAccept: text/html\r\n\r\n")
            page = b""
            while part := tls.recv(65536):
                page += part
        assert b"&lt;script&gt;alert(1)" in page
        assert b"<script>" not in page


def test_client_certificates_can_be_demanded() -> None:
    mine = authority.client_identity().files
    with serving(*MINE, "--client-ca", authority.trust_file()) as (_, port):
        target = (f"localhost:{port}", "--cafile", authority.trust_file())
        assert brisk("connect", *target).status == 32
        assert brisk("connect", *target, "--cert", mine.combined).status == 0


def test_a_self_made_certificate_can_be_trusted(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    with serving("--write-ca", path, "--name", "box.test") as (_, port):
        for name in ("box.test", "localhost", LOOPBACK, "::1"):
            options = ("--servername", name, "--cafile", path)
            done = brisk("connect", f"{LOOPBACK}:{port}", *options)
            assert done.status == 0, done
        other = ("--servername", "other.test", "--cafile", path)
        assert brisk("connect", f"{LOOPBACK}:{port}", *other).status == 22
        assert brisk("connect", f"localhost:{port}").status == 23
        # The strictest reading of the certificates that OpenSSL has.
        context = ssl.create_default_context(cafile=str(path))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with visitor(port, context) as tls:
            assert tls.version() == "TLSv1.3"


def test_versions_can_be_limited() -> None:
    with serving(*MINE, "--max", "1.2") as (_, port):
        done = brisk("connect", f"localhost:{port}", "--min", "1.3", "--insecure")
        assert done.status == 30


def test_methods() -> None:
    with serving(*MINE) as (_, port):
        size = len(get(port)[2])
        answer = ask(port, b"HEAD / HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)\r\n", answer)
        assert length is not None
        # Only the client's port differs.
        assert abs(int(length[1]) - size) <= 4
        for method in (b"POST", b"PUT", b"DELETE", b"BREW"):
            answer = ask(port, method + b" / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
            assert answer.startswith(b"HTTP/1.1 405 ")
            assert b"Allow: GET, HEAD\r\n" in answer


def test_one_connection_serves_many_requests() -> None:
    with serving(*MINE) as (program, port):
        with visitor(port) as tls:
            one = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
            tls.sendall(one * 5)
            answer = b""
            while answer.count(b"Your certificate") < 5:
                answer += tls.recv(65536)
        assert answer.count(b"HTTP/1.1 200 OK") == 5
        assert interrupt(program) == 0
        assert closing(program.output).startswith("served 5 requests, 1 connection")


def test_bad_requests_are_answered_and_bounded() -> None:
    with serving(*MINE) as (_, port):
        assert ask(port, b"\x00\x01\x02\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        endless = b"GET / HTTP/1.1\r\nX: " + b"a" * 20000
        assert ask(port, endless).startswith(b"HTTP/1.1 431 ")
        assert get(port)[0] == 200


def test_plain_http_is_told_to_ask_for_https() -> None:
    with serving(*MINE) as (_, port), socket.create_connection((LOOPBACK, port), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_it_survives_scans_garbage_and_clients_that_vanish() -> None:
    with serving(*MINE) as (program, port):
        scans = [socket.create_connection((LOOPBACK, port)) for _ in range(20)]
        for number, sock in enumerate(scans):
            if number % 2:
                reset(sock)
            else:
                sock.close()
        for data in (b"\x00" * 5000, b"SSH-2.0-x\r\n", b"\x16\x03\x01\xff\xff", b"\x80\x2e\x01"):
            with socket.create_connection((LOOPBACK, port)) as sock:
                sock.sendall(data)
        hello = first_flight()
        for count in (1, 5, 50, len(hello)):
            sock = socket.create_connection((LOOPBACK, port))
            sock.sendall(hello[:count])
            time.sleep(0.02)
            reset(sock)
        silent = [socket.create_connection((LOOPBACK, port)) for _ in range(20)]
        with visitor(port) as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            reset(tls)
        start = time.monotonic()
        assert get(port)[0] == 200
        assert time.monotonic() - start < 5
        for sock in silent:
            sock.close()
        assert interrupt(program) == 0
        assert "Traceback" not in program.output
        assert int(re.findall(r"(\d+) failed handshakes", closing(program.output))[0]) >= 24


@pytest.mark.holds("S19")
def test_silent_clients_of_one_address_keep_nobody_out() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with serving(*MINE) as (program, port):
            silent = [socket.create_connection((LOOPBACK, port)) for _ in range(600)]
            assert get(port)[0] == 200
            with peers.curl(port) as curl:
                assert curl.finish() == 0, curl.output
            # The room is bounded: the longest idle had to leave.
            silent[0].settimeout(20)
            assert silent[0].recv(1) == b""
            for sock in silent:
                sock.close()
            assert interrupt(program) == 0
            assert "Traceback" not in program.output
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("hosts", [b"Host: a\r\nHost: b\r\n", b"Host: a\r\nhOST: a\r\n", b""])
@pytest.mark.holds("S19")
def test_a_request_names_one_host(hosts: bytes) -> None:
    with serving(*MINE) as (_, port):
        assert ask(port, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.holds("U-B4")
def test_versions_that_nobody_could_use_are_refused_at_the_start() -> None:
    done = brisk("serve", "--port", "0", "--min", "1.0", "--max", "1.1")
    assert (done.status, done.out) == (2, "")
    assert "--ciphers DEFAULT:@SECLEVEL=0" in done.err
    done = brisk("serve", "--port", "0", "--max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA")
    assert (done.status, done.out) == (2, "")
    assert "no client could connect" in done.err


def test_a_certificate_on_a_curve_that_few_clients_offer_is_served_with_a_warning() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    files = authority.authority().issue("odd curve", key=key).files
    with serving("--cert", files.combined) as (program, port):
        program.expect("only clients can connect that offer the curve")
        client = SSL.Context(SSL.TLS_CLIENT_METHOD)
        client.set_groups_list("brainpoolP256r1:X25519")
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        with SSL.Connection(client, socket.create_connection((LOOPBACK, port), PATIENCE)) as one:
            one.set_connect_state()
            one.do_handshake()
            assert one.get_cipher_name().startswith("ECDHE-ECDSA")


def test_a_weak_certificate_needs_a_low_level(tmp_path: Path) -> None:
    """Of a server and of a client; the level is that of their ciphers."""
    ca = authority.authority()
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    weak = ca.issue("weak server", "rsa", key=key).files.combined
    low = ("--ciphers", "ALL:@SECLEVEL=0")
    done = brisk("serve", "--port", "0", "--cert", weak)
    assert (done.status, done.out) == (3, "")
    assert "--ciphers ALL:@SECLEVEL=0" in done.err
    assert "PEM" not in done.err
    shown = ca.issue("weak client", "rsa", client=True, key=key).files.combined
    with serving("--cert", weak, "--client-ca", authority.trust_file(), *low) as (_, port):
        target = (f"localhost:{port}", "--cafile", authority.trust_file())
        assert brisk("connect", *target, "--cert", shown).status == 3
        assert brisk("connect", *target, "--cert", shown, *low).status == 0


def test_ciphers_and_protocols_can_be_chosen() -> None:
    old = ("--min", "1.0", "--max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")
    with serving(*MINE, *old, "--alpn", "h2,ftp") as (_, port):
        target = (f"localhost:{port}", "--cafile", authority.trust_file(), "--json")
        done = brisk("connect", *target, "--alpn", "ftp,h2", *old)
        assert done.status == 0, done
        assert (done.data["protocol"], done.data["alpn"]) == ("TLSv1.1", "h2")


def test_a_warning_for_versions_that_nobody_could_use(tmp_path: Path) -> None:
    log = tmp_path / "keys"
    with serving(*MINE, "--min", "1.0", "--keylog", log) as (program, port):
        assert "no client can connect with TLS 1.0" in program.output
        assert get(port)[0] == 200
    assert "CLIENT_TRAFFIC_SECRET_0 " in log.read_text()


def first_flight() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="h.test")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_fifty_clients_at_once() -> None:
    def fetch(number: int) -> bool:
        with visitor(port) as tls:
            together.wait(20)
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while part := tls.recv(1 << 20):
                answer += part
        return b"Your TLS connection" in answer

    import threading

    together = threading.Barrier(50)
    with serving(*MINE, "--quiet") as (program, port):
        with ThreadPoolExecutor(50) as pool:
            assert all(pool.map(fetch, range(50)))
        assert interrupt(program) == 0
        assert closing(program.output).startswith("served 50 requests, 50 connections")
        assert "GET" not in program.output


def test_a_silent_client_is_dropped_in_time() -> None:
    with serving(*MINE, "--timeout", "0.5") as (program, port):
        with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as sock:
            assert sock.recv(1) == b""
        program.expect("handshake failed: too slow")
        for words in (b"", b"GET / HTTP/1.1\r\n"):
            with visitor(port) as tls:
                tls.sendall(words)
                assert tls.recv(1) == b""


@pytest.mark.holds("U-C7")
def test_a_port_in_use_and_unusable_files_are_failures(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as sock:
        port = sock.getsockname()[1]
        done = brisk("serve", *MINE, "--host", LOOPBACK, "--port", port)
    assert (done.status, done.out) == (4, "")
    assert "Address already in use" in done.err
    for options in (
        ("--cert", tmp_path / "missing"),
        ("--cert", FILES.chain, "--key", authority.client_identity().files.key),
        ("--cert", authority.expired().files.combined),
        ("--cert", authority.not_yet_valid().files.combined),
        ("--client-ca", tmp_path / "missing"),
        ("--write-ca", tmp_path / "no" / "ca.pem", "--port", "0"),
    ):
        done = brisk("serve", *options)
        assert (done.status, done.out, done.err.count("\n")) == (3, "", 1), done
    for options in (
        ("--key", FILES.key),
        (*MINE, "--name", "a"),
        ("--name", "a,b"),
        ("--port", "-1"),
    ):
        assert brisk("serve", *options).status == 2
