"""Six TLS servers as people set them up, and what a scan of each has to find.

Each is a context manager that yields the port; the facts are what its settings say.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from kit import authority, peers, responses
from kit.contexts import server_context
from kit.ports import free_port, reachable
from kit.programs import need, running
from kit.sockets import ThreadedServer

__all__ = ["SERVERS", "Scanned"]

#: What every libssl offers in TLS 1.3 unless told otherwise.
MODERN = {
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
}
#: Not in the order of any library, so that an order which is found is the server's.
ORDERED = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
)
_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr; master_process off;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} ssl http2; server_name localhost;
    ssl_certificate {files.chain}; ssl_certificate_key {files.key};
    {settings} return 200 "hello";
  }}
}}
"""
_HAPROXY = """
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend f
  bind 127.0.0.1:{port} ssl crt {folder}/site.pem ssl-min-ver TLSv1.2
  http-request return status 200 content-type text/plain string hello
"""


@dataclass(frozen=True)
class Scanned:
    """One server and what is true of it."""

    start: Callable[[], AbstractContextManager[int]]
    versions: tuple[str, ...]
    #: By version; None where the library decides.
    suites: dict[str, set[str]]
    #: TLS 1.2 in its order, where the settings give one.
    ordered: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("EC",)
    wants_certificate: bool = False
    resumes: bool = True
    staples: bool = False
    #: Whether a client may begin a renegotiation.
    renegotiates: bool = False


@contextlib.contextmanager
def _ours() -> Iterator[int]:
    context = server_context(version="TLSv1.3")
    response = responses.response(authority.identity())
    context.set_ocsp_server_callback(lambda connection, data: response)
    with ThreadedServer(context) as server:
        yield server.port


@contextlib.contextmanager
def _nginx(settings: str) -> Iterator[int]:
    need("nginx")
    port, files = free_port(), authority.identity().files
    with tempfile.TemporaryDirectory() as folder:
        text = _NGINX.format(folder=folder, port=port, files=files, settings=settings)
        path = Path(folder) / "nginx.conf"
        path.write_text(text, encoding="ascii")
        with running("nginx", "-c", str(path), "-p", folder):
            reachable(port)
            yield port


@contextlib.contextmanager
def _openssl() -> Iterator[int]:
    every = ("-cipher", "ALL:@SECLEVEL=0", "-client_renegotiation")
    with peers.openssl_server(authority.identity("rsa"), *every) as server:
        yield server.port


@contextlib.contextmanager
def _haproxy() -> Iterator[int]:
    need("haproxy")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("rsa", "ecdsa"):
            combined = authority.identity(kind).files.combined.read_bytes()
            (Path(folder) / f"site.pem.{kind}").write_bytes(combined)
        path = Path(folder) / "haproxy.cfg"
        path.write_text(_HAPROXY.format(folder=folder, port=port), encoding="ascii")
        with running("haproxy", "-f", str(path)):
            reachable(port)
            yield port


@contextlib.contextmanager
def _gnutls() -> Iterator[int]:
    with peers.gnutls_server(None, version="both", require_client=True) as server:
        yield server.port


SERVERS = {
    "modern": Scanned(_ours, ("TLSv1.3",), {"TLSv1.3": MODERN}, staples=True),
    "ordered": Scanned(
        lambda: _nginx(
            f"ssl_protocols TLSv1.2; ssl_prefer_server_ciphers on; ssl_ciphers {':'.join(ORDERED)};"
        ),
        ("TLSv1.2",),
        {"TLSv1.2": set(ORDERED)},
        ORDERED,
    ),
    "old": Scanned(
        _openssl,
        ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0"),
        {"TLSv1.3": MODERN},
        keys=("RSA",),
        renegotiates=True,
    ),
    "two certificates": Scanned(
        _haproxy, ("TLSv1.3", "TLSv1.2"), {"TLSv1.3": MODERN}, keys=("EC", "RSA")
    ),
    "client certificate": Scanned(_gnutls, ("TLSv1.3", "TLSv1.2"), {}, wants_certificate=True),
    "no resumption": Scanned(
        lambda: _nginx(
            "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets off; ssl_session_cache off;"
        ),
        ("TLSv1.3", "TLSv1.2"),
        {"TLSv1.3": MODERN},
        resumes=False,
    ),
}
