"""The standard ``ssl`` module as a peer: a threaded server and a client."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kit import authority
from kit.programs import PATIENCE
from kit.sockets import LOOPBACK
from kit.told import ServerPeer, Told

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def server_context(
    who: authority.Identity | None = None,
    *,
    version: str | None = None,
    require_client: bool = False,
) -> ssl.SSLContext:
    files = (who or authority.identity()).files
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version is not None:
        context.minimum_version = context.maximum_version = _VERSIONS[version]
    context.load_cert_chain(files.chain, files.key)
    if require_client:
        context.load_verify_locations(authority.trust_file())
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    who: authority.Identity | None = None, *, version: str | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if version is not None:
        context.minimum_version = context.maximum_version = _VERSIONS[version]
    context.load_verify_locations(authority.trust_file())
    if who is not None:
        context.load_cert_chain(who.files.chain, who.files.key)
    return context


def _name(sock: ssl.SSLSocket) -> str:
    certificate: Any = sock.getpeercert() or {}
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                return str(value)
    return ""


def told_by(sock: ssl.SSLSocket) -> Told:
    cipher = sock.cipher()
    return Told(
        sock.version(),
        cipher[0] if cipher else None,
        _name(sock),
        sock.selected_alpn_protocol(),
        sock.session_reused,
    )


def echo(sock: ssl.SSLSocket) -> None:
    """Send back whatever comes until the peer closes, then close cleanly."""
    while data := sock.recv(65536):
        sock.sendall(data)
    with contextlib.suppress(OSError):
        sock.unwrap()


@dataclass
class Server(ServerPeer):
    """A threaded server of the standard library; what went wrong is in ``failures``."""

    failures: list[BaseException] = field(default_factory=list)


@contextlib.contextmanager
def server(
    who: authority.Identity | None = None,
    *,
    version: str | None = None,
    require_client: bool = False,
    handler: Callable[[ssl.SSLSocket], object] = echo,
    context: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """A server made of the standard ``ssl`` module, one thread per client."""
    if context is None:
        context = server_context(who, version=version, require_client=require_client)
    listening = socket.create_server((LOOPBACK, 0))
    closing = threading.Event()
    seen = threading.Event()
    threads: list[threading.Thread] = []
    records: list[Told] = []
    failures: list[BaseException] = []

    def told() -> Told:
        assert seen.wait(PATIENCE), f"no client came through; failures: {failures}"
        return records[-1]

    def serve(plain: socket.socket) -> None:
        plain.settimeout(PATIENCE)
        try:
            with context.wrap_socket(plain, server_side=True) as sock:
                records.append(told_by(sock))
                seen.set()
                handler(sock)
        except BaseException as error:
            failures.append(error)
            plain.close()

    def accept() -> None:
        while True:
            plain, _ = listening.accept()
            if closing.is_set():
                plain.close()
                return
            thread = threading.Thread(target=serve, args=(plain,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield Server(listening.getsockname()[1], told, bytes, failures=failures)
    finally:
        closing.set()
        with socket.create_connection(listening.getsockname()):
            pass
        acceptor.join(PATIENCE)
        listening.close()
        for thread in threads:
            thread.join(PATIENCE)


@contextlib.contextmanager
def client(
    port: int,
    who: authority.Identity | None = None,
    *,
    version: str | None = None,
    context: ssl.SSLContext | None = None,
    session: ssl.SSLSession | None = None,
) -> Iterator[ssl.SSLSocket]:
    """A connected client of the standard ``ssl`` module."""
    context = context or client_context(who, version=version)
    with (
        socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=authority.HOST, session=session) as sock,
    ):
        yield sock
