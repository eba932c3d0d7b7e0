"""Each program in examples/ does what it says, and turns away whom it should."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import elsewhere, tokens
from kit.examples import make_files
from kit.ports import free_port
from kit.programs import PATIENCE, Program, running

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program")
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    return folder


@pytest.fixture
def files(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the certificates of the documentation."""
    folder = tmp_path / "files"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder


def words_of(name: str, *words: object) -> list[str]:
    return [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, words)]


@contextlib.contextmanager
def serving(name: str, port: int, *words: object) -> Iterator[Program]:
    """The example as a server on a port, from when it listens."""
    with running(*words_of(name, port, *words)) as program:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            assert time.monotonic() < deadline, program.report("never listened")
            time.sleep(0.02)
        yield program


def run(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words_of(name, *words), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def client_context(certificate: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile="ca.pem")
    if certificate:
        context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
    return context


def visit(
    port: int, say: bytes = b"", host: str = "localhost", context: ssl.SSLContext | None = None
) -> bytes:
    """What a server answers to some words, up to its goodbye or as many bytes as said."""
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
    with plain, (context or client_context()).wrap_socket(plain, server_hostname=host) as tls:
        tls.sendall(say)
        got = b""
        while part := tls.recv(65536):
            got += part
            if say and len(got) >= len(say):
                break
        return got


@contextlib.contextmanager
def shouting_server() -> Iterator[int]:
    """A plain server that answers everything in capitals."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=shout, args=[sock], daemon=True).start()

        def shout(sock: socket.socket) -> None:
            with sock, contextlib.suppress(OSError):
                while data := sock.recv(65536):
                    sock.sendall(data.upper())

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])


def test_pinning_client(files: Path) -> None:
    key = subprocess.run(
        ["openssl", "pkey", "-in", "server.key", "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    port = free_port()
    with serving("stapling_server.py", port) if stapled() else contextlib.nullcontext():
        right = run("pinning_client.py", "localhost", port, pin)
        assert (right.returncode, right.stdout) == (0, "hello\n"), right
        for bad in (["A" * 43 + "="], []):
            wrong = run("pinning_client.py", "localhost", port, *bad)
            assert wrong.returncode == 1
            assert pin in wrong.stdout
            assert "hello" not in wrong.stdout


def stapled() -> bool:
    """Make the response that the page about stapling makes."""
    serial = subprocess.run(
        ["openssl", "x509", "-in", "server.pem", "-noout", "-serial"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path("index.txt").write_text(
        f"V\t491231235959Z\t\t{serial.partition('=')[2]}\tunknown\t/CN=localhost\n"
    )
    words = "ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem"
    words += " -cert server.pem -ndays 7 -respout server.ocsp"
    subprocess.run(["openssl", *words.split()], capture_output=True, check=True)
    return True


def test_stapling_server_staples_and_renews(files: Path) -> None:
    stapled()
    port = free_port()
    with serving("stapling_server.py", port) as program:
        asked = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-status"],
            input=b"",
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert b"OCSP Response Status: successful" in asked.stdout
        # A certificate without its key is refused, and the pair in use stays.
        shutil.copy("shop.pem", "server.pem")
        program.expect("not renewed:")
        assert visit(port) == b"hello\n"
        shutil.copy("shop.key", "server.key")
        program.expect("^renewed")
        assert visit(port, host="shop.test") == b"hello\n"


def test_mutual_tls_server(files: Path) -> None:
    port = free_port()
    with serving("mutual_tls_server.py", port) as program:
        assert visit(port, context=client_context("client")) == b"hello, client\n"
        program.expect("let in: client")
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            visit(port)
        program.expect("turned away: .*certificate")


def test_sni_router(files: Path) -> None:
    shutil.copy("server.pem", "localhost.pem")
    shutil.copy("server.key", "localhost.key")
    shutil.copy("shop.pem", "shop.test.pem")
    shutil.copy("shop.key", "shop.test.key")
    port = free_port()
    with shouting_server() as backend:
        sites = [f"localhost={backend}", f"shop.test={backend}"]
        with serving("sni_router.py", port, *sites) as program:
            big = b"a long word " * 50_000
            assert visit(port, big, "shop.test") == big.upper()
            assert visit(port, b"quiet", "localhost") == b"QUIET"
            with pytest.raises(ssl.SSLError, match="alert"):
                visit(port, b"quiet", "other.test")
            program.expect("refused: .*UnknownName.*other.test")


def test_client_hello_logger(files: Path) -> None:
    port = free_port()
    context = client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with serving("client_hello_logger.py", port) as program:
        assert visit(port, context=context) == b"hello\n"
        told = program.expect(r"^localhost, TLS 1.3/TLS 1.2, h2 http/1.1, (t13d\w{6}_\w+_\w+)$")
    port = free_port()
    with serving("client_hello_logger.py", port, told.group(1)) as program:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            visit(port, context=context)
        program.expect("^refused: .*refused the client")
        assert visit(port) == b"hello\n", "without ALPN it has another fingerprint"


def test_memory_proxy(files: Path) -> None:
    port = free_port()
    with shouting_server() as backend, serving("memory_proxy.py", port, backend) as program:
        big = b"a long word " * 50_000
        assert visit(port, big) == big.upper()
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
            program.expect("dropped: .*http request")
        assert visit(port, b"quiet") == b"QUIET"


def test_dtls_echo(files: Path) -> None:
    port = free_port()
    with running(*words_of("dtls_echo.py", "server", port)) as program:
        deadline = time.monotonic() + PATIENCE
        while True:  # nobody tells when a UDP port is open
            done = run("dtls_echo.py", "client", port, "one", "two")
            if done.returncode == 0 or time.monotonic() > deadline:
                break
        assert done.stdout == "one\ntwo\n", (done, program.output)


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT here")
def test_shared_sessions(files: Path) -> None:
    pytest.importorskip("cryptography")
    Path("secret").write_text("a secret of the operator\n")
    port = free_port()
    with serving("shared_sessions.py", port, 3, "keys"):
        context = client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # whose session is there at once
        session = None
        answers = set()
        deadline = time.monotonic() + PATIENCE
        while len(answers) < 3:  # until each of the three has resumed one
            assert time.monotonic() < deadline, answers
            sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
            with context.wrap_socket(sock, server_hostname="localhost", session=session) as tls:
                how, _, process = tls.recv(1000).decode().partition(" by ")
                assert how == ("resumed" if session else "full")
                session = tls.session
            if how == "resumed":
                answers.add(process)


def test_throughput_meter(files: Path) -> None:
    pytest.importorskip("rich")
    done = run("throughput_meter.py", "0.5")
    assert done.returncode == 0, done
    first, _, plot = done.stdout.partition("\n")
    assert re.fullmatch(r"\d+ MB/s at best, TLS_\w+", first), done
    assert plot.rstrip().endswith("MB/s")


def test_asyncio_echo(files: Path) -> None:
    port = free_port()
    with serving("asyncio_echo.py", port) as program:
        assert run("asyncio_echo.py", port, "one", "two").stdout == "one\ntwo\n"
        context = client_context()
        lost = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with context.wrap_socket(lost, server_hostname="localhost") as tls:
            tls.sendall(b"x")
            assert tls.recv(1) == b"x"
            tls.shutdown(socket.SHUT_RDWR)  # no goodbye
            program.expect("lost: SysCallError")
        assert visit(port, b"still there") == b"still there"


def test_twisted_echo(files: Path) -> None:
    pytest.importorskip("twisted")
    port = free_port()
    with serving("twisted_echo.py", port) as program:
        assert visit(port, b"hello") == b"hello"
        program.expect("over OpenSSL")


def test_every_program_is_tried_here_and_on_the_page() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    programs = sorted(each.name for each in EXAMPLES.glob("*.py"))
    assert len(programs) >= 9
    for program in programs:
        assert f'"{program}"' in text
        assert f"`{program}" in page
        assert os.path.getsize(EXAMPLES / program) < 5000, "an example is short"


#: What each needs beside this package, and words that it cannot make sense of.
WRONG = {
    "asyncio_echo.py": ("", [[], ["x"]]),
    "client_hello_logger.py": ("", [[], ["x"]]),
    "dtls_echo.py": ("", [[], ["server"], ["both", "1"], ["client", "x"]]),
    "memory_proxy.py": ("", [[], ["1"], ["1", "x"], ["1", "2", "3"]]),
    "mutual_tls_server.py": ("", [[], ["x"], ["1", "2"]]),
    "pinning_client.py": ("", [[], ["localhost"], ["localhost", "https"]]),
    "shared_sessions.py": ("cryptography", [[], ["1", "0", "keys"], ["1", "x", "keys"]]),
    "sni_router.py": ("", [[], ["1"], ["1", "shop.test"], ["1", "shop.test=x"]]),
    "softhsm_key.py": ("", [[], ["1", "server.pem"], ["1", "server.pem", "pkcs11:"]]),
    "stapling_server.py": ("", [[], ["x"]]),
    "throughput_meter.py": ("rich", [["x"], ["1", "2"]]),
    "twisted_echo.py": ("twisted", [[], ["x"]]),
}


@pytest.mark.parametrize("program", WRONG)
def test_words_without_sense_are_answered_in_one_line(program: str) -> None:
    needs, tries = WRONG[program]
    if needs:
        pytest.importorskip(needs)
    for words in tries:
        done = run(program, *words)
        assert done.returncode == 2, (words, done)
        assert "Traceback" not in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f"{program}: error: "), done.stderr


def test_wrong_words_are_tried_with_every_program() -> None:
    assert sorted(WRONG) == sorted(each.name for each in EXAMPLES.glob("*.py"))


def test_softhsm_key(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "token"
    folder.mkdir()
    token = tokens.make_token(folder)
    # Under quiet names, which a child of the tests keeps.
    code = (
        "import json, os, runpy, sys; os.environ.update(json.loads(sys.argv.pop(1))); "
        "sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    port = free_port()
    given = json.dumps(token.surroundings | {"TOKEN_PIN": tokens.PIN})
    certificate = elsewhere.files("p256").certificate
    with running(
        sys.executable, "-W", "error", "-c", code, given, str(EXAMPLES / "softhsm_key.py"),
        str(port), f"file:{certificate}", token.uri("p256"),
    ):  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                context = ssl.create_default_context(cafile=str(certificate))
                assert visit(port, context=context) == b"signed in the token\n"
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)
