"""gunicorn over a bridged context, which its ``ssl_context`` hook gives it."""

from __future__ import annotations

import contextlib
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kit import authority, bridges
from kit.programs import running
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

ROOT = Path(__file__).resolve().parents[2]
#: How the worker is called, and the application it takes.
WORKERS = {"sync": "wsgi", "gthread": "wsgi", "asgi": "asgi"}
CONFIGURATION = """
import sys
sys.path[:0] = [{tests!r}]
from OpenSSL import SSL

bind = "127.0.0.1:0"
worker_class = {worker!r}
threads = {threads}
# Without these gunicorn does not speak TLS at all.
certfile, keyfile = {certificate!r}, {key!r}
control_socket_disable = True


context = SSL.Context(SSL.TLS_SERVER_METHOD)
context.use_certificate_chain_file(certfile)
context.use_privatekey_file(keyfile)
if {trust!r}:
    context.load_verify_locations({trust!r})
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
server = context.as_ssl_context()


def ssl_context(config, default_ssl_context_factory):
    return server
"""


@contextlib.contextmanager
def serving(
    worker: str, folder: Path, who: authority.Identity | None = None, *, require: bool = False
) -> Iterator[int]:
    """The port of a server of its own process."""
    files = (who or authority.identity()).files
    configuration = folder / "gunicorn.conf.py"
    configuration.write_text(
        CONFIGURATION.format(
            tests=str(ROOT / "tests"),
            worker=worker,
            threads=1 if worker == "sync" else 4,
            certificate=str(files.chain),
            key=str(files.key),
            trust=str(authority.trust_file()) if require else "",
        )
    )
    app = f"adapters.apps:{WORKERS[worker]}"
    with running(sys.executable, "-m", "gunicorn", "-c", str(configuration), app) as program:
        port = program.expect(r"Listening at: https://127\.0\.0\.1:(\d+)", 60).group(1)
        program.expect(r"Booting worker", 60)
        yield int(port)


def client(context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(verify=context, timeout=PATIENCE, trust_env=False)


workers = pytest.mark.parametrize("worker", WORKERS)


@workers
def test_large_bodies_go_both_ways(worker: str, tmp_path: Path) -> None:
    with serving(worker, tmp_path) as port, client(bridges.asking()) as http:
        url = f"https://localhost:{port}/"
        assert http.get(url).content == BODY
        assert http.post(url, content=BODY).content == BODY[::-1]


@workers
def test_strangers_are_refused_and_the_rest_is_served(worker: str, tmp_path: Path) -> None:
    with serving(worker, tmp_path, require=True) as port:
        for who in (None, authority.client_stranger()):
            with client(bridges.asking(who)) as http, pytest.raises(httpx.TransportError):
                http.get(f"https://localhost:{port}/")
        with client(bridges.asking(authority.client_identity())) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY


@workers
def test_a_wrong_host_and_a_cut(worker: str, tmp_path: Path) -> None:
    with (
        serving(worker, tmp_path, authority.wrong_host()) as port,
        client(bridges.asking()) as http,
        pytest.raises(httpx.ConnectError, match="not valid for 'localhost'"),
    ):
        http.get(f"https://localhost:{port}/")
    with serving(worker, tmp_path) as port, relay(port, CUT) as cutting:
        with client(bridges.asking()) as http, pytest.raises(httpx.RemoteProtocolError):
            http.get(f"https://localhost:{cutting.port}/")
        with client(bridges.asking()) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY
