"""Streams: both ends ours, and the standard module or the openssl program as the other."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
from typing import Any

import pytest

from kit import authority, contexts, peers, stdlib
from kit.streams import HOST, connect, echo, run, serving
from OpenSSL import SSL, aio

SIZE = 500_000


@pytest.mark.differs("write_eof()")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_bytes_go_both_ways_and_an_end_of_writing_leaves_reading(version: str) -> None:
    async def main() -> bytes:
        async with serving(echo) as port:
            reader, writer = await connect(port, context=contexts.client_context(version=version))
            writer.write(b"x" * SIZE)
            writer.write_eof()
            data = await reader.read()
            writer.close()
            await writer.wait_closed()
            return data

    assert run(main()) == b"x" * SIZE


def test_a_server_answers_behind_the_clients_end() -> None:
    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read()
        writer.write(str(len(data)).encode())
        writer.close()

    async def main() -> bytes:
        async with serving(count) as port:
            reader, writer = await connect(port)
            writer.write(b"x" * SIZE)
            writer.write_eof()
            data = await reader.read()
            writer.close()
            await writer.wait_closed()
            return data

    assert run(main()) == str(SIZE).encode()


def test_many_small_messages_keep_their_order() -> None:
    async def main() -> bytes:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            for number in range(2000):
                writer.write(b"%05d" % number)
            data = await reader.readexactly(10_000)
            writer.close()
            await writer.wait_closed()
            return data

    assert run(main()) == b"".join(b"%05d" % number for number in range(2000))


def test_a_server_of_the_standard_module() -> None:
    async def main() -> tuple[bytes, Any]:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=stdlib.server_context())
        async with server:
            reader, writer = await connect(server.sockets[0].getsockname()[1])
            writer.write(b"y" * SIZE)
            data = await reader.readexactly(SIZE)
            version = writer.get_extra_info("ssl_object").version()
            writer.close()
            await writer.wait_closed()
            return data, version

    assert run(main()) == (b"y" * SIZE, "TLSv1.3")


def test_a_client_of_the_standard_module() -> None:
    async def main() -> bytes:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=stdlib.client_context(), server_hostname=HOST
            )
            writer.write(b"z" * SIZE)
            data = await reader.readexactly(SIZE)
            writer.close()
            await writer.wait_closed()
            return data

    assert run(main()) == b"z" * SIZE


def test_the_openssl_program_as_server() -> None:
    with peers.openssl_server() as server:

        async def main() -> bytes:
            reader, writer = await connect(server.port)
            writer.write(b"backwards\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

        assert run(main()) == b"sdrawkcab\n"


def test_the_openssl_program_as_client() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    async def main() -> str:
        async with serving(shout) as port:
            process = await asyncio.create_subprocess_exec(
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet"),
                *("-CAfile", str(authority.trust_file()), "-verify_return_error"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"hello\n")
            line = await process.stdout.read()
            process.stdin.close()
            await process.wait()
            return line.decode()

    assert run(main()) == "HELLO\n"


# ---- what a transport tells


def test_extra_info_answers_what_programs_ask() -> None:
    async def main() -> dict[str, Any]:
        async with serving(echo) as port:
            _, writer = await connect(port)
            names = (
                *("connection", "context", "peername", "sockname", "socket", "cipher"),
                *("compression", "peercert", "ssl_object", "sslcontext", "nonsense"),
            )
            told = {name: writer.get_extra_info(name) for name in names}
            told["port"] = port
            told["fileno"] = told["socket"].fileno()
            writer.close()
            await writer.wait_closed()
            return told

    told = run(main())
    assert isinstance(told["connection"], SSL.Connection)
    assert isinstance(told["context"], SSL.Context)
    assert told["peername"] == ("127.0.0.1", told["port"])
    assert told["sockname"][0] == "127.0.0.1"
    assert told["fileno"] > 0
    assert told["socket"].family == socket.AF_INET
    assert told["cipher"][1] == "TLSv1.3"
    assert told["compression"] is None
    assert ("DNS", HOST) in told["peercert"]["subjectAltName"]
    assert isinstance(told["ssl_object"], ssl.SSLObject)
    assert told["ssl_object"].getpeercert() == told["peercert"]
    assert isinstance(told["sslcontext"], ssl.SSLContext)
    assert told["sslcontext"].context is told["context"]
    assert told["nonsense"] is None
    with pytest.raises(ValueError, match="moved by its transport"):
        told["ssl_object"].read()
    with pytest.raises(ValueError, match="moved by its transport"):
        told["ssl_object"].unwrap()


# ---- whom a client speaks with


def refused(**options: Any) -> BaseException:
    async def main() -> BaseException:
        async with serving(echo) as port:
            with pytest.raises(Exception) as caught:
                await connect(port, **options)
            return caught.value

    return run(main())


def test_another_host_is_refused() -> None:
    error = refused(server_hostname="another.example")
    assert isinstance(error, SSL.Error)
    assert error.verify_message == "hostname mismatch"


def test_a_stranger_is_refused() -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_PEER)
    error = refused(context=context)
    assert isinstance(error, SSL.Error)
    assert error.verify_code == 20


def test_the_host_is_the_name_unless_one_is_given() -> None:
    async def main() -> Any:
        async with serving(echo) as port:
            _, writer = await aio.open_connection(
                HOST, port, context=contexts.client_context(), family=socket.AF_INET
            )
            name = writer.get_extra_info("connection").get_servername()
            writer.close()
            await writer.wait_closed()
            return name

    assert run(main()) == HOST.encode()


@pytest.mark.differs("a host with ß")
@pytest.mark.holds("F14")
@pytest.mark.parametrize("how", ["host", "server_hostname"])
@pytest.mark.parametrize(
    "name",
    [
        "fa\u00df.test", "\u03c2.test", "a\u200db.test", "A\u1e9e.test",
        # Mathematical letters, which are others only after they are normalised.
        "a\U0001d6d3.test", "a\U0001d70d.test", "a\U0001d747.test", "a\U0001d781.test",
        "a\U0001d7bb.test",
    ],
)  # fmt: skip
def test_a_name_that_is_anothers_by_older_rules_goes_nowhere(name: str, how: str) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            named = {"host": name} if how == "host" else {"host": HOST, "server_hostname": name}
            await aio.open_connection(port=port, context=contexts.client_context(), **named)

    with pytest.raises(ValueError, match="IDNA"):
        run(main())


def test_other_letters_are_written_in_ascii() -> None:
    async def main() -> bytes | None:
        names: list[bytes | None] = []
        server = contexts.server_context()
        server.set_tlsext_servername_callback(lambda end: names.append(end.get_servername()))
        async with serving(echo, context=server) as port:
            with pytest.raises(SSL.Error):
                await connect(port, server_hostname="b\u00fccher.test")
        return names[0]

    assert run(main()) == b"xn--bcher-kva.test"


def test_an_address_is_verified_as_one() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            _, writer = await aio.open_connection(
                "127.0.0.1", port, context=contexts.client_context()
            )
            writer.close()
            await writer.wait_closed()

    run(main())
    assert isinstance(refused(server_hostname="127.0.0.2"), SSL.Error)


def test_a_context_that_verifies_goes_nowhere_without_a_name() -> None:
    async def main() -> None:
        sock = socket.socket()
        with sock, pytest.raises(ValueError, match="server_hostname"):
            await aio.open_connection(sock=sock, context=contexts.client_context())
        one, other = socket.socketpair()
        with one, other:
            _, writer = await asyncio.open_connection(sock=one)
            transport = writer.transport
            with pytest.raises(ValueError, match="server_hostname"):
                await aio.start_tls(
                    transport,  # type: ignore[arg-type]
                    transport.get_protocol(),
                    contexts.client_context(),
                )
            assert not transport.is_closing()
            writer.close()
            await writer.wait_closed()

    run(main())


def test_an_empty_name_lets_every_host_be() -> None:
    async def main() -> Any:
        context = contexts.server_context(authority.wrong_host())
        async with serving(echo, context) as port:
            _, writer = await connect(port, server_hostname="")
            name = writer.get_extra_info("connection").get_servername()
            writer.close()
            await writer.wait_closed()
            return name

    assert run(main()) is None


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"context": None}, TypeError),
        ({"context": ssl.create_default_context()}, TypeError),
        ({"context": True}, TypeError),
        ({"server_hostname": b"localhost"}, TypeError),
        ({"server_hostname": "a b"}, ValueError),
        ({"server_hostname": "a\0b"}, ValueError),
        ({"ssl_handshake_timeout": 0}, ValueError),
        ({"ssl_shutdown_timeout": -1}, ValueError),
        ({"sock": socket.socket}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, Any], error: type[Exception]) -> None:
    assert type(refused(**options)) is error


def test_a_socket_that_is_given_is_used() -> None:
    async def main() -> bytes:
        async with serving(echo) as port:
            sock = socket.create_connection(("127.0.0.1", port))
            reader, writer = await aio.open_connection(
                sock=sock, context=contexts.client_context(), server_hostname=HOST
            )
            writer.write(b"hi")
            data = await reader.readexactly(2)
            writer.close()
            await writer.wait_closed()
            assert sock.fileno() == -1
            return data

    assert run(main()) == b"hi"


def test_datagrams_are_refused() -> None:
    async def main() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(ValueError):
            await aio.open_connection(
                sock=sock, context=contexts.client_context(), server_hostname=HOST
            )

    run(main())


def test_nobody_there_is_the_loops_own_error() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            await connect(port)

    run(main())


def test_importing_ssl_of_this_package_does_not_import_asyncio() -> None:
    program = "import sys, OpenSSL.SSL, OpenSSL.crypto; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
