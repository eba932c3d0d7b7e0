"""A message through two connections in memory: send, bio_read, bio_write, recv.

Options: the size of the message in bytes; ``16384-into`` receives into a buffer.
"""

from __future__ import annotations

from clock import Operation, best
from ends.peers import RECORD, SSL


def through_interface(size: int) -> Operation:
    from ends.interface import connected

    pair = connected()
    client, server = pair.client, pair.server
    message = bytes(size)

    def operate(times: int) -> None:
        for _ in range(times):
            client.send(message)
            server.bio_write(client.bio_read(RECORD))
            server.recv(size)

    return operate


def into_interface(size: int) -> Operation:
    from ends.interface import connected

    pair = connected()
    client, server = pair.client, pair.server
    message, buffer = bytes(size), bytearray(size)

    def operate(times: int) -> None:
        for _ in range(times):
            client.send(message)
            server.bio_write(client.bio_read(RECORD))
            server.recv_into(buffer)

    return operate


def through_standard(size: int) -> Operation:
    from ends.standard import connected

    pair = connected()
    writer, outgoing = pair.client.tls, pair.client.outgoing
    reader, incoming = pair.server.tls, pair.server.incoming
    message = bytes(size)

    def operate(times: int) -> None:
        for _ in range(times):
            writer.write(message)
            incoming.write(outgoing.read())
            reader.read(size)

    return operate


def into_standard(size: int) -> Operation:
    from ends.standard import connected

    pair = connected()
    writer, outgoing = pair.client.tls, pair.client.outgoing
    reader, incoming = pair.server.tls, pair.server.incoming
    message, buffer = bytes(size), bytearray(size)

    def operate(times: int) -> None:
        for _ in range(times):
            writer.write(message)
            incoming.write(outgoing.read())
            reader.read(size, buffer)

    return operate


def operation(peer: str, option: str) -> Operation:
    size, _, into = option.partition("-")
    if peer == SSL:
        return (into_standard if into else through_standard)(int(size))
    return (into_interface if into else through_interface)(int(size))


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU for one message."""
    return best(operation(peer, option), seconds)
