"""An echo with asyncio: asyncio_echo.py PORT serves, asyncio_echo.py PORT WORDS ... asks.

The server has many clients in one thread, and stays for the others whatever one of them does.
"""

import argparse
import asyncio

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
    server = await aio.start_server(echo, "127.0.0.1", port, context=context)
    async with server:
        await server.serve_forever()


async def ask(port, *words):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations("ca.pem")
    context.set_verify(SSL.VERIFY_PEER)
    reader, writer = await aio.open_connection("localhost", port, context=context)
    for word in words:
        writer.write(word.encode() + b"\n")
        print((await reader.readline()).decode().strip(), flush=True)
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("words", nargs="*", help="what to ask; without words it serves")
    given = parser.parse_args()
    asyncio.run(ask(given.port, *given.words) if given.words else serve(given.port))
