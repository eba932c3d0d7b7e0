"""An echo with asyncio: asyncio_echo.py PORT serves, asyncio_echo.py PORT WORDS ... asks.

The server has many clients in one thread, and stays for the others whatever one of them does.
"""

import asyncio
import sys

from OpenSSL import SSL, aio


async def echo(reader, writer):
    peer = writer.get_extra_info("peername")[:2]
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()  # no more in memory than a slow client takes
    except SSL.Error as error:
        print(*peer, "lost:", repr(error), flush=True)
    finally:
        writer.close()


async def serve(port):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    server = await aio.start_server(echo, "127.0.0.1", int(port), context=context)
    async with server:
        await server.serve_forever()


async def ask(port, *words):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations("ca.pem")
    context.set_verify(SSL.VERIFY_PEER)
    reader, writer = await aio.open_connection("localhost", int(port), context=context)
    for word in words:
        writer.write(word.encode() + b"\n")
        print((await reader.readline()).decode().strip(), flush=True)
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]) if sys.argv[2:] else serve(sys.argv[1]))
