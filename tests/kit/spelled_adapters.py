"""The same table for what stands on the interface: asyncio, ``ssl``'s shape, and fleets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kit import authority
from kit.spelled import (
    ALGORITHM,
    BYTES,
    EITHER,
    PATH,
    TEXT,
    TRUST,
    Row,
    context,
    nothing,
    row,
)
from OpenSSL import SSL, aio
from OpenSSL.fleet import Fleet, MemoryStore, TicketKey, TicketKeys, key_files

__all__ = ["ELSEWHERE", "ROWS"]

HOST = "localhost"
SECRET = "s" * 32
Use = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Any], Any]


def over(call: Callable[[Any], Awaitable[object]]) -> Callable[[Any, Any], object]:
    """A call in a loop of its own; nobody answers, which is not what is tested."""

    def run(_: Any, value: Any) -> object:
        async def main() -> object:
            return await call(value)

        return asyncio.run(main())

    return run


def serving() -> SSL.Context:
    made = context()
    made.use_certificate_chain_file(authority.identity().files.chain)
    made.use_privatekey_file(authority.identity().files.key)
    return made


def streaming(use: Use) -> Callable[[Any, Any], object]:
    """A call on streams that are connected."""

    async def main(value: Any) -> None:
        async def served(reader: Any, writer: Any) -> None:
            await reader.read(1)
            writer.transport.abort()

        trusting = context()
        server = await aio.start_server(served, HOST, 0, context=serving())
        port = server.sockets[0].getsockname()[1]
        reader, writer = await aio.open_connection(HOST, port, context=trusting)
        try:
            use(reader, writer, value)
        finally:
            writer.transport.abort()
            server.close()

    return lambda _, value: asyncio.run(main(value))


def bridge() -> ssl.SSLContext:
    return context().as_ssl_context()


def outgoing() -> ssl.SSLObject:
    """A client's end over memory, with its handshake before it."""
    made = context().as_ssl_context()
    return made.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())


def written(_: Any, value: Any) -> object:
    end = outgoing()
    try:
        return end.write(value)
    except ssl.SSLWantReadError:
        return None


def fleet(**more: Any) -> None:
    given: dict[str, Any] = {"where": MemoryStore(), "secret": SECRET} | more
    Fleet(**given).close()


def valkey(**more: Any) -> object:
    pytest.importorskip("valkey")
    from OpenSSL.fleet import Valkey

    given: dict[str, Any] = {"url": "valkey://localhost/0"} | more
    return Valkey(**given)


def sealed() -> bytes:
    return TicketKeys.generate(0.0).to_bytes(SECRET)


def nowhere(value: Any, **more: Any) -> Awaitable[object]:
    """A client's connection to a port where nobody listens, by a Context that verifies nobody."""
    return aio.open_connection(
        more.pop("host", HOST), 1, context=context(), server_hostname=value, **more
    )


ROWS: list[Row] = [
    # asyncio
    row(
        "open_connection.create_connection: host",
        ALGORITHM,
        nothing,
        HOST,
        over(lambda v: aio.open_connection(v, 1, context=context())),
    ),
    row(
        "open_connection.create_connection: server_hostname",
        TEXT,
        nothing,
        "a.test",
        over(nowhere),
    ),
    row(
        "open_unix_connection.create_unix_connection: path",
        PATH,
        nothing,
        "/no/such/socket",
        over(lambda v: aio.open_unix_connection(v, context=context(), server_hostname=HOST)),
    ),
    row(
        "open_unix_connection: server_hostname",
        TEXT,
        nothing,
        "a.test",
        over(
            lambda v: aio.open_unix_connection("/no", context=context(), server_hostname=v),
        ),
    ),
    row(
        "start_unix_server.create_unix_server: path",
        PATH,
        nothing,
        "/no/such/folder/socket",
        over(lambda v: aio.start_unix_server(lambda r, w: None, v, context=serving())),
    ),
    row(
        "StreamWriter.write",
        BYTES,
        nothing,
        "data",
        streaming(lambda reader, writer, v: writer.write(v)),
        False,
    ),
    row(
        "StreamWriter.writelines",
        BYTES,
        nothing,
        "data",
        streaming(lambda reader, writer, v: writer.writelines([v])),
        False,
    ),
    # ssl's shape
    row("set_ciphers", TEXT, bridge, "DEFAULT", lambda it, v: it.set_ciphers(v)),
    row("set_alpn", TEXT, bridge, "h2", lambda it, v: it.set_alpn_protocols([v]), False),
    row("set_ecdh_curve", PATH, bridge, "prime256v1", lambda it, v: it.set_ecdh_curve(v)),
    row("load_cert_chain", PATH, bridge, "/no/such", lambda it, v: it.load_cert_chain(v)),
    row("keyfile", PATH, bridge, "/no/such", lambda it, v: it.load_cert_chain(TRUST, v)),
    row("cafile", PATH, bridge, TRUST, lambda it, v: it.load_verify_locations(v)),
    row("capath", PATH, bridge, "/tmp", lambda it, v: it.load_verify_locations(None, v)),
    row("load_dh_params", PATH, bridge, "/no/such", lambda it, v: it.load_dh_params(v)),
    row("SSLObject.write", BYTES, nothing, "data", written, False),
    row(
        "get_channel_binding",
        TEXT,
        outgoing,
        "tls-unique",
        lambda it, v: it.get_channel_binding(v),
    ),
    # fleets
    row("Fleet: secret", EITHER, nothing, SECRET, lambda _, v: fleet(secret=v), False),
    row("Fleet: name", TEXT, nothing, "name", lambda _, v: fleet(name=v), False),
    row("Valkey: url", TEXT, nothing, "valkey://localhost/0", lambda _, v: valkey(url=v)),
    row("Valkey: prefix", BYTES, nothing, "p:", lambda _, v: valkey(prefix=v), False),
    row("TicketKey: name", BYTES, nothing, "n" * 16, lambda _, v: TicketKey(v, b"s" * 64), False),
    row("TicketKey: secret", BYTES, nothing, "s" * 64, lambda _, v: TicketKey(b"n" * 16, v), False),
    row("TicketKey.from_bytes", BYTES, nothing, "k" * 80, lambda _, v: TicketKey.from_bytes(v)),
    row(
        "TicketKeys.to_bytes: secret",
        EITHER,
        nothing,
        SECRET,
        lambda _, v: TicketKeys.generate(0.0).to_bytes(v),
        False,
    ),
    row(
        "TicketKeys.from_bytes: secret",
        EITHER,
        nothing,
        SECRET,
        lambda _, v: TicketKeys.from_bytes(sealed(), v),
        False,
    ),
    row("from_nginx", BYTES, nothing, "k" * 80, lambda _, v: key_files.from_nginx(v)),
    row("from_apache", BYTES, nothing, "k" * 48, lambda _, v: key_files.from_apache(v)),
    row("from_haproxy", TEXT, nothing, "a2tr" * 16, lambda _, v: key_files.from_haproxy(v), False),
]

#: What takes text or bytes and is not in the table, and why.
ELSEWHERE = {
    "Server": "made by create_server",
    "create_server": "hosts, which are asyncio's own",
    "start_server": "hosts, which are asyncio's own",
    "start_tls": "server_hostname, looked at where create_connection's is",
    "start_tls_stream": "the same",
    "TLSStream": "hostname, the same; data are what transports take",
    "connect_tcp": "the same",
    "Transport": "a name of asyncio's",
    "Counters": "words of the package's own",
    "MemoryStore": "what a fleet gives to its store",
    "SharedFile": "a path, with the mistakes of fleets; and what a fleet gives to its store",
    "SessionStore": "what a fleet gives to its store",
    "SessionCache": "made by a Fleet",
    "Report": "made by a Fleet",
    "nginx_session_id": "certificates",
    "to_haproxy": "keys",
}
