"""redis-py over a bridged context, blocking and on asyncio, with a real Redis over TLS.

Its clients take names of files and make a context of their own; a class for its connections
gives them ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

from kit import authority, bridges
from kit.ports import free_port
from kit.programs import need, running
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT


class Over(redis.Connection):
    """A connection of redis-py over TLS of a context."""

    def __init__(self, *, context: ssl.SSLContext, **options: Any) -> None:
        self.context = context
        super().__init__(**options)

    def _connect(self) -> Any:
        plain = super()._connect()
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


class OverAsync(redis.asyncio.Connection):
    """The same on asyncio."""

    def __init__(self, *, context: ssl.SSLContext, **options: Any) -> None:
        self.context = context
        super().__init__(**options)

    def _connection_arguments(self) -> Any:
        return {**super()._connection_arguments(), "ssl": self.context}


@contextlib.contextmanager
def serving(
    folder: Path, who: authority.Identity | None = None, *, require_client: bool = False
) -> Iterator[int]:
    """The port of a server that speaks nothing but TLS."""
    files = (who or authority.identity()).files
    port = free_port()
    with running(
        *(need("redis-server"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"),
        *("--tls-cert-file", str(files.chain), "--tls-key-file", str(files.key)),
        *("--tls-ca-cert-file", str(authority.trust_file())),
        *("--tls-auth-clients", "yes" if require_client else "no"),
        *("--save", "", "--dir", str(folder), "--daemonize", "no"),
    ) as server:
        server.expect("Ready to accept connections", 60)
        yield port


@contextlib.contextmanager
def client(port: int, context: ssl.SSLContext) -> Iterator[redis.Redis]:
    pool = redis.ConnectionPool(
        connection_class=Over, host="localhost", port=port, context=context,
        socket_timeout=PATIENCE, retry=None,
    )  # fmt: skip
    with redis.Redis.from_pool(pool) as made:
        yield made


def blocking(port: int, context: ssl.SSLContext, data: bytes) -> Any:
    with client(port, context) as store:
        store.set("key", data)
        return store.get("key")


def asynchronous(port: int, context: ssl.SSLContext, data: bytes) -> Any:
    async def talk() -> Any:
        pool = redis.asyncio.ConnectionPool(
            connection_class=OverAsync, host="localhost", port=port, context=context,
            socket_timeout=PATIENCE,
        )  # fmt: skip
        async with redis.asyncio.Redis.from_pool(pool) as store:
            await store.set("key", data)
            return await store.get("key")

    return asyncio.run(asyncio.wait_for(talk(), 4 * PATIENCE))


Ask = Callable[[int, ssl.SSLContext, bytes], Any]
asks = pytest.mark.parametrize("ask", [blocking, asynchronous])


@asks
def test_large_values_go_both_ways(ask: Ask, tmp_path: Path) -> None:
    with serving(tmp_path) as port:
        for count in (0, 1, 16385, len(BODY)):
            assert ask(port, bridges.asking(), BODY[:count]) == BODY[:count]


def test_pipelines_messages_and_what_waits(tmp_path: Path) -> None:
    with serving(tmp_path) as port, client(port, bridges.asking()) as store:
        with store.pipeline(transaction=False) as many:
            for number in range(5000):
                many.set(f"key {number}", number)
            assert many.execute() == [True] * 5000
        with store.pubsub() as listening:
            listening.subscribe("news")
            heard = []
            store.publish("news", BODY)
            while len(heard) < 2:
                if message := listening.get_message(timeout=PATIENCE):
                    heard.append(message["data"])
            assert heard == [1, BODY]
            # Nothing more comes: it is asked with a time limit, and stays usable.
            assert listening.get_message(timeout=0.05) is None
            store.publish("news", "more")
            assert listening.get_message(timeout=PATIENCE)["data"] == b"more"


@asks
@pytest.mark.parametrize("what", ["host", "authority"])
def test_who_is_another_is_refused(ask: Ask, what: str, tmp_path: Path) -> None:
    who = authority.wrong_host() if what == "host" else authority.identity()
    with serving(tmp_path, who) as port:
        with pytest.raises((redis.ConnectionError, ssl.SSLError)) as caught:
            ask(port, bridges.asking(trusting=what == "host"), b"secret")
        assert "certificate verify failed" in str(caught.value)


@asks
def test_a_cut_is_an_error(ask: Ask, tmp_path: Path) -> None:
    with serving(tmp_path) as port, relay(port, CUT) as cutting:
        with pytest.raises(redis.ConnectionError):
            ask(cutting.port, bridges.asking(), BODY)
        assert cutting.cuts >= 1


@asks
def test_clients_show_their_certificates(ask: Ask, tmp_path: Path) -> None:
    with serving(tmp_path, require_client=True) as port:
        assert ask(port, bridges.asking(authority.client_identity()), BODY) == BODY
        for who in (None, authority.client_stranger()):
            with pytest.raises((redis.ConnectionError, OSError)):
                ask(port, bridges.asking(who), b"x")
