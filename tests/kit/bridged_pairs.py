"""A server and a client over bridged contexts, or over standard ones, side by side."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import authority
from kit.sockets import PATIENCE, in_thread, tcp_pair
from OpenSSL._bridge import SSLContext

__all__ = ["KINDS", "client", "in_memory", "refused", "server", "talking"]

KINDS = ["ours", "standard"]


def client(kind: str = "ours", **fields: Any) -> Any:
    made: Any = (SSLContext if kind == "ours" else ssl.SSLContext)(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority.trust_file())
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def server(kind: str = "ours", who: authority.Identity | None = None, **fields: Any) -> Any:
    made: Any = (SSLContext if kind == "ours" else ssl.SSLContext)(ssl.PROTOCOL_TLS_SERVER)
    files = (who or authority.identity()).files
    made.load_cert_chain(files.chain, files.key)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@contextlib.contextmanager
def talking(one: Any, other: Any, name: str = "localhost") -> Iterator[tuple[Any, Any]]:
    """A server's and a client's socket after their handshake."""
    with tcp_pair() as (serving, asking):
        serving.settimeout(PATIENCE)
        asking.settimeout(PATIENCE)
        accepted = in_thread(one.wrap_socket, serving, server_side=True)
        with (
            other.wrap_socket(asking, server_hostname=name) as connected,
            accepted.result(PATIENCE) as serving_tls,
        ):
            yield serving_tls, connected


def refused(one: Any, other: Any, name: str = "localhost") -> tuple[Any, Any]:
    """What the server and the client raise."""
    with tcp_pair() as (serving, asking):
        serving.settimeout(PATIENCE)
        asking.settimeout(PATIENCE)
        accepted = in_thread(one.wrap_socket, serving, server_side=True)
        with pytest.raises(OSError) as caught:
            other.wrap_socket(asking, server_hostname=name)
        return accepted.exception(PATIENCE), caught.value


def in_memory(one: Any, other: Any, name: str | None = "localhost") -> tuple[Any, Any, Any]:
    """A server's and a client's object, and what moves their bytes."""
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = one.wrap_bio(a, b, server_side=True)
    asking = other.wrap_bio(b, a, server_hostname=name)

    def until(*calls: Callable[[], object]) -> None:
        waiting = list(calls)
        for _ in range(30):
            for call in list(waiting):
                with contextlib.suppress(ssl.SSLWantReadError):
                    call()
                    waiting.remove(call)
            if not waiting:
                return
        raise AssertionError("they stand still")

    until(asking.do_handshake, serving.do_handshake)
    return serving, asking, until
