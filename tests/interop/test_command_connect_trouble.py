"""``brisktls connect`` in trouble: no peer, a bad one, files that cannot be used."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority, peers
from kit.commands import COMMAND, brisk, brisk_program, brisk_started, environment, serving
from kit.connecting import TRUST, idle_server, refused
from kit.greeters import listening_server
from kit.patience import PATIENCE
from kit.sockets import LOOPBACK, reset


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server((LOOPBACK, 0)) as sock:
        port = sock.getsockname()[1]
    refused(brisk("connect", f"localhost:{port}"), "refused", f"localhost:{port}", "refused")


def test_a_name_that_does_not_exist() -> None:
    refused(brisk("connect", "no-such-host.invalid"), "name-resolution", "no-such-host.invalid")


def test_a_server_that_never_answers_is_left_in_time() -> None:
    with socket.create_server((LOOPBACK, 0)) as sock:
        start = time.monotonic()
        port = sock.getsockname()[1]
        done = brisk("connect", f"localhost:{port}", "--timeout", "0.7")
        assert 0.6 < time.monotonic() - start < 5
        refused(done, "timeout", f"localhost:{port}")


def test_ctrl_c_is_one_line_and_status_130() -> None:
    with socket.create_server((LOOPBACK, 0)) as sock:
        target = f"localhost:{sock.getsockname()[1]}"
        with brisk_started("connect", target) as process:
            sock.settimeout(20)
            peer, _ = sock.accept()
            with peer:
                assert peer.recv(1) == b"\x16"
                process.send_signal(signal.SIGINT)
                assert process.wait(20) == 130
            assert process.stderr is not None
            assert process.stderr.read().strip() == b"brisktls: interrupted"


def test_a_key_log_that_cannot_be_written_stops_the_handshake() -> None:
    with idle_server() as port:
        done = brisk("connect", f"localhost:{port}", *TRUST, "--keylog", "/dev/full")
        refused(done, "file", "/dev/full", "No space left")


def test_a_key_log_with_room_for_half_a_line_is_no_success(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with idle_server() as port:
        asked = ("connect", f"localhost:{port}", *TRUST, "--keylog", path)
        assert brisk(*asked).status == 0
        room = path.stat().st_size * 2 - 20
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            done = brisk(*asked)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    refused(done, "file", str(path), "too large")


def test_a_server_that_trickles_is_left_in_time() -> None:
    def trickle(sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            sock.sendall(b"\x02")
            time.sleep(0.1)

    with listening_server(trickle) as port:
        start = time.monotonic()
        refused(brisk("connect", f"localhost:{port}", "--timeout", "1"), "timeout")
        assert time.monotonic() - start < 5


def test_a_server_that_speaks_http() -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with listening_server(handle) as port:
        refused(brisk("connect", f"localhost:{port}"), "not-tls", "does not speak TLS")


@pytest.mark.parametrize(
    ("alert", "kind", "words"),
    [
        (40, "no-common-cipher", "shares no cipher"),
        (70, "no-common-protocol", "protocol versions offered"),
        (71, "no-common-cipher", "too weak"),
        (80, "tls", "alert 80 (internal error)"),
        (112, "name-not-served", "does not serve that name"),
        (116, "certificate-wanted", "client certificate"),
        (120, "no-common-alpn", "application protocols"),
        (200, "tls", "alert 200 (unknown)"),
    ],
)
def test_alerts_in_words(alert: int, kind: str, words: str) -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))
        sock.recv(1)

    with listening_server(handle) as port:
        refused(brisk("connect", f"localhost:{port}"), kind, words)


def test_a_server_of_old_versions_only() -> None:
    server = peers.openssl_server(None, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    with server as peer:
        refused(brisk("connect", f"localhost:{peer.port}", *TRUST), "no-common-protocol")
        weak = ("--min", "1.0", "--max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
        done = brisk("connect", f"localhost:{peer.port}", *TRUST, *weak, "--json")
        assert done.data["protocol"] == "TLSv1.1"


def test_a_server_that_greets_in_plain_text() -> None:
    def handle(sock: socket.socket) -> None:
        sock.sendall(b"220 mail.test ESMTP\r\n")
        sock.recv(4096)

    with listening_server(handle) as port:
        refused(brisk("connect", f"localhost:{port}"), "not-tls")


def test_a_server_that_closes_in_mid_handshake() -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(65536)

    def rude(sock: socket.socket) -> None:
        sock.recv(65536)
        reset(sock)

    for each in (handle, rude):
        with listening_server(each) as port:
            refused(brisk("connect", f"localhost:{port}"), "closed", "mid-handshake")


@pytest.mark.parametrize("option", ["--cafile", "--cert"])
@pytest.mark.holds("F17")
def test_files_may_be_pipes(option: str, tmp_path: Path) -> None:
    mine = authority.client_identity().files
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = authority.trust_file() if option == "--cafile" else mine.combined
    others = () if option == "--cafile" else TRUST
    content = Path(source).read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True)
    writer.start()
    with idle_server(**({"client": True} if option == "--cert" else {})) as port:
        done = brisk("connect", f"localhost:{port}", *others, option, pipe)
    assert done.status == 0, done
    writer.join(10)


def test_a_file_from_the_shell() -> None:
    with idle_server() as port:
        command = f"exec {' '.join(COMMAND)} connect localhost:{port}"
        for trust in (f"--cafile <(cat {authority.trust_file()})", "--cafile /dev/stdin"):
            done = subprocess.run(
                ["bash", "-c", f"{command} {trust}"],
                input=authority.trust_file().read_bytes(),
                env=environment(),
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
            assert done.returncode == 0, done


def test_links_are_not_followed_when_secrets_are_written(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("precious")
    link.symlink_to(victim)
    with idle_server() as port:
        done = brisk("connect", f"localhost:{port}", *TRUST, "--keylog", link)
        refused(done, "file", "it is a link")
        done = brisk_program("connect", f"localhost:{port}", *TRUST, "--keylog", "/dev/stderr")
        assert done.status == 0
        assert "CLIENT_TRAFFIC_SECRET_0 " in done.err
    refused(brisk("serve", "--port", "0", "--write-ca", link), "file", "it is a link")
    refused(brisk("serve", "--port", "0", "--keylog", link), "file", "it is a link")
    assert victim.read_text() == "precious"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_in_brackets() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with listener:
        port = listener.getsockname()[1]
        done = brisk("connect", f"[::1]:{port}", "--timeout", "0.3")
        refused(done, "timeout", f"[::1]:{port}")
    with serving("--host", "::1") as (_, port):
        done = brisk("connect", f"[::1]:{port}", "--insecure")
        assert done.out.startswith(f"[::1]:{port}  TLSv1.3")


def test_unusable_files_are_named(tmp_path: Path) -> None:
    mine, other = authority.client_identity().files, authority.identity().files
    empty = tmp_path / "empty.pem"
    empty.touch()
    for option in ("--cafile", "--cert"):
        for path in (tmp_path / "missing", tmp_path, empty):
            refused(brisk("connect", "localhost:1", option, path), "file", str(path))
    done = brisk("connect", "localhost:1", "--cert", mine.chain, "--key", other.key)
    refused(done, "file", "does not belong to")
    done = brisk("connect", "localhost:1", "--cert", mine.chain, "--key", mine.key_encrypted)
    refused(done, "file", "passphrase")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("host:0",),
        ("host", "--min", "1.3", "--max", "1.2"),
        ("host", "--key", "file"),
        ("host", "--timeout", "0"),
        ("host", "--timeout", "x"),
        ("host", "--starttls", "gopher"),
        ("host", "--pipe", "--json"),
        ("host", "--alpn", "h2,,x"),
        ("host", "--alpn", "x" * 256),
        ("host", "--servername", "not a name"),
        ("host", "--ciphers", "NO-SUCH-CIPHER"),
        ("host", "--no-such-option"),
    ],
)
def test_what_is_not_understood_is_status_2(arguments: tuple[str, ...]) -> None:
    done = brisk("connect", *arguments)
    assert done.status == 2
    assert "Traceback" not in done.err
