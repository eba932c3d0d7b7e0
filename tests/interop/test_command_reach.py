"""``connect``: the ways to a server, what is offered to it, and what monitoring is told."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority, peers
from kit.commands import brisk
from kit.contexts import server_context
from kit.greeters import listening_server
from kit.programs import running
from kit.sockets import LOOPBACK, ThreadedServer
from OpenSSL import crypto
from OpenSSL._command.failures import KINDS

TRUST = ("--cafile", authority.trust_file())


@contextmanager
def server() -> Iterator[int]:
    with ThreadedServer(server_context()) as made:
        yield made.port


def test_urls_services_and_families() -> None:
    with server() as port:
        for target in (f"https://localhost:{port}/x?y", f"localhost:{port}"):
            done = brisk("connect", target, *TRUST, "-4", "--json")
            assert (done.status, done.data["family"]) == (0, "IPv4"), done
        assert brisk("connect", f"localhost:{port}", *TRUST, "-6").status != 0
        assert brisk("connect", "localhost", "-4", "-6").status == 2


def test_somebody_else_can_be_connected_to() -> None:
    with server() as port:
        there = ("--connect-to", f"{LOOPBACK}:{port}")
        done = brisk("connect", "brisk.test", *TRUST, *there, "--json")
        assert (done.status, done.data["servername"]) == (0, "brisk.test"), done
        assert done.data["address"] == f"{LOOPBACK}:{port}"
        done = brisk("connect", "other.test", *TRUST, *there)
        assert done.status == KINDS["wrong-host"].status


def test_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.identity().files.chain, authority.identity().files.key)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as tls:
                tls.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = brisk("connect", "brisk.test", *TRUST, "--unix", path, "--json")
        assert (done.status, done.data["family"]) == (0, "Unix"), done
        thread.join(10)
    done = brisk("connect", "brisk.test", "--unix", tmp_path / "none")
    assert done.status == KINDS["network"].status


@contextmanager
def proxy(kind: str, asked: list[bytes]) -> Iterator[int]:
    """A proxy of one request: HTTP CONNECT, or SOCKS5 without a password."""

    def handle(sock: socket.socket) -> None:
        if kind == "http":
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(4096)
            asked.append(head)
            port = int(head.split(b" ")[1].rpartition(b":")[2])
            answer = b"HTTP/1.1 200 OK\r\n\r\n"
        else:
            sock.recv(4096)
            sock.sendall(b"\5\0")
            request = sock.recv(4096)
            asked.append(request)
            port = int.from_bytes(request[-2:], "big")
            answer = b"\5\0\0\1\0\0\0\0\0\0"
        with socket.create_connection((LOOPBACK, port)) as far:
            sock.sendall(answer)
            threads = [
                threading.Thread(target=carry, args=pair, daemon=True)
                for pair in ((sock, far), (far, sock))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)

    def carry(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    with listening_server(handle) as port:
        yield port


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("socks", "socks5")])
def test_proxies_look_the_name_up(kind: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    with server() as port, proxy(kind, asked) as through:
        url = f"{scheme}://{LOOPBACK}:{through}"
        done = brisk("connect", f"brisk.test:{port}", *TRUST, "--proxy", url, "--json")
        assert (done.status, done.data["family"]) == (0, "proxy"), done
        assert b"brisk.test" in asked[0]
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("https_proxy", url)
        assert brisk("connect", f"brisk.test:{port}", *TRUST).status == 0
        assert len(asked) == 2
        assert brisk("connect", f"localhost:{port}", *TRUST).status == 0
        assert len(asked) == 2


def test_proxies_that_cannot_be_used() -> None:
    def refuse(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with listening_server(refuse) as port:
        url = f"http://user:secret@{LOOPBACK}:{port}"
        done = brisk("connect", "brisk.test", "--proxy", url)
    assert done.status == KINDS["proxy"].status, done
    assert "407" in done.err
    assert "secret" not in done.err
    assert brisk("connect", "brisk.test", "--proxy", url).status == KINDS["proxy"].status
    assert (
        "the proxy cannot be used: connection refused"
        in brisk("connect", "brisk.test", "--proxy", url).err
    )
    for bad in ("ftp://a:1", "http://a", "localhost:80"):
        assert brisk("connect", "brisk.test", "--proxy", bad).status == 2


def test_groups_and_signatures_can_be_chosen() -> None:
    with server() as port:
        target = (f"localhost:{port}", *TRUST)
        for group, name in (("X25519", "x25519"), ("P-384", "secp384r1")):
            done = brisk("connect", *target, "--groups", group, "--json")
            assert (done.status, done.data["group"].lower()) == (0, name), done
        assert brisk("connect", *target, "--sigalgs", "ECDSA+SHA256").status == 0
        done = brisk("connect", *target, "--sigalgs", "RSA-PSS+SHA256")
        assert done.status == KINDS["no-common-cipher"].status
        for option in ("--groups", "--sigalgs"):
            assert brisk("connect", *target, option, "nonsense").status == 2


def test_datagrams() -> None:
    files = authority.identity().files
    with running(
        *("openssl", "s_server", "-dtls", "-accept", f"{LOOPBACK}:0", "-cert", str(files.chain)),
        *("-cert_chain", str(files.intermediates), "-key", str(files.key)),
    ) as peer:
        port = int(peer.expect(r"^ACCEPT .*:(\d+)").group(1))
        done = brisk("connect", f"localhost:{port}", "-4", *TRUST, "--dtls", "--json")
    assert (done.status, done.data["protocol"]) == (0, "DTLSv1.2"), done
    assert brisk("connect", "localhost", "--dtls", "--min", "1.3").status == 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        target = f"{LOOPBACK}:{silent.getsockname()[1]}"
        done = brisk("connect", target, "--dtls", "--timeout", "2.5")
        assert done.status == KINDS["timeout"].status
        silent.setblocking(False)
        # Lost datagrams are sent again.
        assert silent.recv(65536)
        assert silent.recv(65536)


def test_the_variable_of_browsers_names_the_key_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    with server() as port:
        assert brisk("connect", f"localhost:{port}", *TRUST).status == 0
    assert "CLIENT_TRAFFIC_SECRET_0 " in path.read_text()


def test_whose_certificates_a_server_takes_is_shown() -> None:
    mine = authority.client_identity().files.combined
    with ThreadedServer(server_context(require_client=True)) as made:
        target = (f"localhost:{made.port}", *TRUST, "--cert", mine)
        done = brisk("connect", *target, "--json")
        assert done.data["client_authorities"] == ["CN=trusted root, O=Brisk Tests"], done
        assert "trusted root" in brisk("connect", *target).out


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_resumption_is_measured_by_resuming(version: str) -> None:
    with server() as port:
        target = (f"localhost:{port}", *TRUST, "--max", version, "--resume")
        done = brisk("connect", *target, "--json")
        assert done.status == 0, done
        assert done.data["resumed"] is True
        assert done.data["resumption"]["by"] == ("psk" if version == "1.3" else "ticket")
        assert "offered again it was resumed in" in brisk("connect", *target).out
    with peers.gnutls_server(None, "--noticket", version=f"TLSv{version}") as peer:
        target = (f"localhost:{peer.port}", *TRUST, "--resume")
        done = brisk("connect", *target, "--json")
        assert done.status == 0, done
        assert done.data["resumed"] is (version == "1.2")


def test_a_revocation_list_counts(tmp_path: Path) -> None:
    who = authority.identity()
    crl, entry = crypto.CRL(), crypto.Revoked()
    entry.set_serial(f"{who.certificate.serial_number:x}".encode())
    entry.set_rev_date(b"20240101000000Z")
    crl.add_revoked(entry)
    issuer = authority.authority()
    data = crl.export(
        crypto.X509.from_cryptography(issuer.intermediate),
        crypto.PKey.from_cryptography_key(issuer.intermediate_key),
        digest="sha256",
    )
    path = tmp_path / "list.pem"
    path.write_bytes(data)
    with server() as port:
        done = brisk("connect", f"localhost:{port}", *TRUST, "--crl", path)
    assert done.status == KINDS["bad-certificate"].status
    assert "has been revoked" in done.err
    done = brisk("connect", "localhost:1", "--crl", authority.trust_file())
    assert done.status == KINDS["file"].status


def test_days_that_are_too_few_have_a_status() -> None:
    with server() as port:
        target = (f"localhost:{port}", *TRUST)
        assert brisk("connect", *target, "--warn-days", "14").status == 0
        done = brisk("connect", *target, "--warn-days", "60")
        assert done.status == KINDS["expires-soon"].status
        assert "CN=server, O=Brisk Tests expires in" in done.err
        assert "verified" in done.out
        done = brisk("connect", *target, "--warn-days", "60", "--json")
        data = json.loads(done.out)
        assert (data["ok"], data["error"], data["protocol"]) == (False, "expires-soon", "TLSv1.3")


def test_nagios() -> None:
    with server() as port:
        target = ("connect", f"localhost:{port}", *TRUST, "--nagios")
        done = brisk(*target)
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(f"TLS OK - localhost:{port} TLSv1.3, ")
        assert "| days=" in done.out
        assert "days;14:" not in done.out
        for option, status, word in (
            ("--warn-days", 1, "WARNING"),
            ("--crit-days", 2, "CRITICAL"),
        ):
            done = brisk(*target, option, "60")
            assert (done.status, done.out.split()[1]) == (status, word), done
    for who in (authority.expired(), authority.wrong_host()):
        with ThreadedServer(server_context(who)) as made:
            done = brisk("connect", f"localhost:{made.port}", *TRUST, "--nagios")
            assert (done.status, done.out.split()[1], done.err) == (2, "CRITICAL", "")
            assert done.out.count("\n") == 1
    assert brisk("connect", "localhost:1", "--nagios").status == 2
    for arguments in (("--cafile", "/no/such"), ("--no-such-option",), ("--ciphers", "NONE")):
        done = brisk("connect", "localhost:1", "--nagios", *arguments)
        assert (done.status, done.out.split()[1]) == (3, "UNKNOWN"), done


def test_a_failed_report_says_what_was_found_out() -> None:
    who = authority.expired()
    with ThreadedServer(server_context(who)) as made:
        done = brisk("connect", f"localhost:{made.port}", *TRUST, "--json")
        data = done.data
        assert (data["ok"], data["error"], data["status"]) == (False, "expired", done.status)
        assert data["chain"][0]["subject"] == "CN=expired, O=Brisk Tests"
        assert data["chain"][0]["expired"] is True
        assert len(data["chain"]) == 2
        assert data["alert"] == {"number": 45, "sent_by": "us"}
        assert data["address"].endswith(f":{made.port}")
        assert data["verification"]["problems"]

    def refuse(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(bytes([21, 3, 3, 0, 2, 2, 112]))

    with listening_server(refuse) as port:
        data = brisk("connect", f"localhost:{port}", *TRUST, "--json").data
    assert (data["error"], data["chain"]) == ("name-not-served", [])
    assert data["alert"] == {"number": 112, "sent_by": "peer"}
