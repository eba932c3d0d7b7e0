"""What people get wrong in ``OpenSSL.aio``: each error says what was given, and all goes on."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kit import authority
from OpenSSL import SSL, aio

NAME = "localhost"
PROTOCOL = asyncio.Protocol


def client() -> SSL.Context:
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.load_verify_locations(authority.trust_file())
    made.set_verify(SSL.VERIFY_PEER)
    return made


def server() -> SSL.Context:
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.use_certificate_chain_file(authority.identity().files.chain)
    made.use_privatekey_file(authority.identity().files.key)
    return made


def told(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()


async def coroutine_factory() -> asyncio.Protocol:
    return PROTOCOL()


Call = Callable[[int], Awaitable[object]]


def opened(**more: Any) -> Call:
    """A client's connection to the port of a server that works."""
    given = {"host": NAME, "context": client} | more

    def call(port: int) -> Awaitable[object]:
        made = {name: each() if callable(each) else each for name, each in given.items()}
        return aio.open_connection(made.pop("host"), made.pop("port", port), **made)

    return call


def made(factory: Any) -> Call:
    return lambda port: aio.create_connection(factory, NAME, port, context=client())


def on(sock: Callable[[int], Any]) -> Call:
    return lending(
        sock, lambda given: aio.open_connection(context=client(), server_hostname=NAME, sock=given)
    )


def lending(sock: Callable[[int], Any], call: Callable[[Any], Awaitable[object]]) -> Call:
    async def begin(port: int) -> object:
        given = sock(port)
        try:
            return await call(given)
        finally:
            if isinstance(given, socket.socket):
                given.close()

    return begin


def started(*words: Any, **more: Any) -> Call:
    context = more.pop("context", server)
    words = words or (echo, NAME, 0)
    return lambda port: aio.start_server(*words, context=context(), **more)


def with_transport(call: Callable[[Any, Any], Any], **more: Any) -> Call:
    """Over a transport in plain text that is connected."""

    async def begin(port: int) -> object:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(PROTOCOL, NAME, port)
        try:
            return await call(transport, protocol)
        finally:
            transport.abort()

    return begin


def with_stream(call: Callable[[Any, Any], Any]) -> Call:
    """Over streams with TLS that work."""

    async def begin(port: int) -> object:
        reader, writer = await aio.open_connection(NAME, port, context=client())
        try:
            answer = call(reader, writer)
            return await answer if asyncio.iscoroutine(answer) else answer
        finally:
            writer.transport.abort()

    return begin


def wrapped(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(authority.trust_file()))
    return context.wrap_socket(
        socket.create_connection((NAME, port)), server_hostname=NAME, do_handshake_on_connect=False
    )


async def closed_server(port: int) -> None:
    made = await aio.start_server(echo, NAME, 0, context=server())
    made.close()
    await made.start_serving()


#: Each mistake, what comes, and words that tell what was wrong.
MISTAKES: dict[str, tuple[Call, type[BaseException], str]] = {
    # contexts
    "no context": (lambda port: aio.open_connection(NAME, port), TypeError, "'context'"),
    "ssl too": (opened(ssl=True), TypeError, "context is in the place of ssl"),
    "ssl too, server": (started(ssl=True), TypeError, "context is in the place of ssl"),
    "of ssl": (opened(context=ssl.create_default_context), TypeError, "as_ssl_context(), not"),
    "true": (opened(context=lambda: True), TypeError, "not bool"),
    "none": (opened(context=lambda: None), TypeError, "not NoneType"),
    "a class": (opened(context=lambda: SSL.Context), TypeError, "not type"),
    "a connection": (
        opened(context=lambda: SSL.Connection(client(), None)),
        TypeError,
        "not Connection",
    ),
    "of servers": (opened(context=server), ValueError, "is for servers (TLS_SERVER_METHOD)"),
    "of clients": (started(context=client), ValueError, "is for clients (TLS_CLIENT_METHOD)"),
    "of servers, bridged": (
        opened(context=lambda: server().as_ssl_context()),
        ssl.SSLError,
        "Cannot create a client socket with a PROTOCOL_TLS_SERVER context",
    ),
    "of clients, bridged": (
        started(context=lambda: client().as_ssl_context()),
        ssl.SSLError,
        "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context",
    ),
    "of datagrams": (
        opened(context=lambda: SSL.Context(SSL.DTLS_CLIENT_METHOD)),
        ValueError,
        "is for DTLS",
    ),
    "of datagrams, server": (
        started(context=lambda: SSL.Context(SSL.DTLS_SERVER_METHOD)),
        ValueError,
        "is for DTLS",
    ),
    "of servers, unix": (
        lambda port: aio.open_unix_connection("/no", context=server(), server_hostname=NAME),
        ValueError,
        "is for servers",
    ),
    # hosts
    "swapped": (opened(host=443, port=NAME), TypeError, "host must be str or bytes, not int"),
    "a pair": (opened(host=(NAME, 1)), TypeError, "host must be str or bytes, not tuple"),
    "port in host": (opened(host=f"{NAME}:443"), socket.gaierror, "the port is an argument"),
    "brackets": (opened(host="[::1]"), socket.gaierror, "no brackets here"),
    "URL": (opened(host=f"https://{NAME}/"), socket.gaierror, "of a URL the host alone"),
    "path": (opened(host="/run/x.sock"), socket.gaierror, "the host: '/run/x.sock'"),
    "URL, server": (
        started(echo, f"https://{NAME}", 0),
        socket.gaierror,
        "of a URL the host alone",
    ),
    "no host": (opened(host=None), ValueError, "You must set server_hostname"),
    "name: bytes": (opened(server_hostname=b"a"), TypeError, "must be str, not bytes"),
    "name: no bytes": (opened(server_hostname=b""), TypeError, "must be str, not bytes"),
    "name: false": (opened(server_hostname=False), TypeError, "must be str, not bool"),
    "name: number": (opened(server_hostname=0), TypeError, "must be str, not int"),
    "name: port": (opened(server_hostname="a.test:1"), ValueError, "'a.test:1' (without the port)"),
    "name: URL": (opened(server_hostname="https://a"), ValueError, "the host alone is wanted"),
    "name: NUL": (opened(server_hostname="a\0b"), ValueError, "NUL"),
    "name: other": (opened(server_hostname="other.test"), SSL.Error, "server_hostname"),
    "name: none, unix": (
        lambda port: aio.open_unix_connection("/no", context=client()),
        ValueError,
        "You must set server_hostname",
    ),
    "name: false, unix": (
        lambda port: aio.open_unix_connection("/no", context=client(), server_hostname=False),  # type: ignore[arg-type]
        TypeError,
        "must be str, not bool",
    ),
    # times
    "time: text": (opened(ssl_handshake_timeout="5"), TypeError, "number of seconds, not str"),
    "time: none": (opened(ssl_handshake_timeout=0), ValueError, "positive number, got 0"),
    "time: nan": (opened(ssl_shutdown_timeout=float("nan")), ValueError, "got nan"),
    "time: text, server": (started(ssl_shutdown_timeout="5"), TypeError, "seconds, not str"),
    "option": (opened(timeout=5), TypeError, "'timeout'"),
    # protocols
    "factory forgotten": (
        lambda port: aio.create_connection(NAME, port, context=client()),  # type: ignore[arg-type,type-var]
        TypeError,
        "protocol_factory must be callable, not str",
    ),
    "protocol": (made(PROTOCOL()), TypeError, "must be callable, not Protocol"),
    "nothing": (made(lambda: None), TypeError, "protocol is needed, not NoneType"),
    "class of class": (made(lambda: PROTOCOL), TypeError, "not the class Protocol"),
    "coroutine function": (made(coroutine_factory), TypeError, "cannot be a coroutine function"),
    "callback forgotten": (started(NAME, 0), TypeError, "client_connected_cb must be callable"),
    "callback none": (started(None, NAME, 0), TypeError, "must be callable, not NoneType"),
    "server of a protocol": (
        lambda port: aio.create_server(PROTOCOL(), NAME, 0, context=server()),  # type: ignore[arg-type]
        TypeError,
        "protocol_factory must be callable, not Protocol",
    ),
    # sockets
    "socket: number": (on(lambda port: 5), TypeError, "sock must be a socket, not int"),
    "socket: connection": (
        on(lambda port: SSL.Connection(client(), None)),
        TypeError,
        "sock must be a socket, not Connection",
    ),
    "socket: of ssl": (on(wrapped), TypeError, "has TLS already"),
    "socket: datagrams": (
        on(lambda port: socket.socket(type=socket.SOCK_DGRAM)),
        ValueError,
        "A Stream Socket was expected",
    ),
    "socket: not connected": (on(lambda port: socket.socket()), SSL.SysCallError, "not connected"),
    # callbacks
    "callback: text": (opened(cert_callback=lambda: "x"), TypeError, "must be callable"),
    "callback: says nothing": (
        opened(peer_callback=lambda: lambda connection: None),
        TypeError,
        "must return a bool, not NoneType",
    ),
    # what is in use
    "again": (
        with_transport(lambda transport, protocol: aio.start_tls(transport, protocol, client())),
        ValueError,
        "needs server_hostname",
    ),
    "start_tls: false": (
        with_transport(
            lambda transport, protocol: aio.start_tls(
                transport, protocol, client(), server_hostname=False
            )
        ),
        TypeError,
        "must be str, not bool",
    ),
    "start_tls: no protocol": (
        with_transport(
            lambda transport, protocol: aio.start_tls(
                transport, None, client(), server_hostname=NAME
            )
        ),
        TypeError,
        "protocol is needed, not NoneType",
    ),
    "start_tls: swapped": (
        with_transport(
            lambda transport, protocol: aio.start_tls(
                transport, client(), PROTOCOL(), server_hostname=NAME
            )
        ),
        TypeError,
        "not Protocol",
    ),
    "start_tls: of servers": (
        with_transport(
            lambda transport, protocol: aio.start_tls(
                transport, protocol, server(), server_hostname=NAME
            )
        ),
        ValueError,
        "is for servers",
    ),
    "start_tls: a socket": (
        lending(
            lambda port: socket.socket(),
            lambda given: aio.start_tls(given, PROTOCOL(), client(), server_hostname=NAME),
        ),
        TypeError,
        "TLS needs a transport",
    ),
    "stream: reader": (
        with_stream(lambda reader, writer: aio.start_tls_stream(reader, client())),
        TypeError,
        "must be an asyncio.StreamWriter, not StreamReader",
    ),
    "stream: transport": (
        with_stream(lambda reader, writer: aio.start_tls_stream(writer.transport, client())),
        TypeError,
        "must be an asyncio.StreamWriter, not SocketTransport",
    ),
    "write: text": (
        with_stream(lambda reader, writer: writer.write("x")),
        TypeError,
        "bytes-like object, not 'str'",
    ),
    "write: after the end": (
        with_stream(lambda reader, writer: (writer.write_eof(), writer.write(b"x"))),
        RuntimeError,
        "after write_eof()",
    ),
    "limits: swapped": (
        with_stream(lambda _, writer: writer.transport.set_write_buffer_limits(high=1, low=9)),
        ValueError,
        "high (1) must be >= low (9)",
    ),
    "file: path": (
        with_stream(lambda _, writer: aio.sendfile(writer.transport, "x.bin")),
        TypeError,
        "opened in binary mode, not str",
    ),
    "file: content": (
        with_stream(lambda _, writer: aio.sendfile(writer.transport, b"content")),
        TypeError,
        "opened in binary mode, not bytes",
    ),
    "file: text": (
        with_stream(lambda _, writer: aio.sendfile(writer.transport, io.StringIO("text"))),
        ValueError,
        "binary mode",
    ),
    "file: to a stream": (
        with_stream(lambda _, writer: aio.sendfile(writer, io.BytesIO(b"x"))),
        TypeError,
        "not StreamWriter",
    ),
    "server: closed": (closed_server, RuntimeError, "is closed"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_called_by_its_name_and_costs_nothing(name: str) -> None:
    call, kind, words = MISTAKES[name]

    async def main() -> None:
        serving = await aio.start_server(echo, NAME, 0, context=server())
        port = serving.sockets[0].getsockname()[1]
        await asyncio.wait_for(use(port), 20)  # whatever is made once is there
        before = await descriptors()
        with pytest.raises(kind) as caught:
            await asyncio.wait_for(call(port), 20)
        assert type(caught.value) is not asyncio.TimeoutError
        assert words in told(caught.value), told(caught.value)
        del caught
        assert await descriptors() <= before
        await asyncio.wait_for(use(port), 20)
        serving.close()
        await serving.wait_closed()

    asyncio.run(main())


async def use(port: int) -> None:
    reader, writer = await aio.open_connection(NAME, port, context=client())
    writer.write(b"still here")
    assert await reader.readexactly(10) == b"still here"
    writer.close()
    await writer.wait_closed()


async def descriptors() -> int:
    """How many are open, once the peers of what was given up have noticed."""
    count = 1 << 30
    for _ in range(50):
        gc.collect()
        now = len(os.listdir("/proc/self/fd"))
        if now >= count:
            break
        count = now
        await asyncio.sleep(0.02)
    return count


def test_a_protocol_that_is_none_costs_one_connection() -> None:
    """The server goes on, and its loop is told."""

    async def main() -> None:
        complaints: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        answers: list[Any] = [None, coroutine_factory(), PROTOCOL]
        count = len(answers)

        def factory() -> Any:
            return answers.pop() if answers else PROTOCOL()

        serving = await aio.create_server(factory, NAME, 0, context=server())
        port = serving.sockets[0].getsockname()[1]
        for _ in range(count):
            with pytest.raises((SSL.Error, ConnectionError)):
                await aio.open_connection(NAME, port, context=client())
        _, writer = await aio.open_connection(NAME, port, context=client())
        writer.transport.abort()
        assert [type(each["exception"]) for each in complaints] == [TypeError] * count
        serving.close()

    asyncio.run(main())


def test_a_file_that_can_only_be_written_is_refused_by_itself() -> None:
    async def main() -> None:
        serving = await aio.start_server(echo, NAME, 0, context=server())
        port = serving.sockets[0].getsockname()[1]
        with tempfile.NamedTemporaryFile("wb") as file:
            _, writer = await aio.open_connection(NAME, port, context=client())
            with pytest.raises(io.UnsupportedOperation):
                await aio.sendfile(writer.transport, file)  # type: ignore[arg-type]
            writer.transport.abort()
        serving.close()

    asyncio.run(main())
