"""The transport ends at every byte position of both flights of a handshake, and of a record."""

from __future__ import annotations

import socket

from kit import contexts, pump
from OpenSSL import SSL

FULL = {"step": 1}
SHORT = {"step": 23}
RECORD = b"a record of some bytes, none of which may arrive alone"


class Run:
    """Pairs in memory whose flights are cut; the contexts stay the same."""

    def __init__(self, version: str) -> None:
        self.server = contexts.server_context(version=version)
        self.client = contexts.client_context(version=version)

    def flight(self, number: int) -> tuple[SSL.Connection, SSL.Connection, bytes]:
        """Who gets flight ``number`` (0: the first hello), who sent it, and its bytes."""
        ends = pump.pair(self.server, self.client)
        pump.step(ends.client.do_handshake)
        data, target, source = pump.outgoing(ends.client), ends.server, ends.client
        for _ in range(number):
            target.bio_write(data)
            pump.step(target.do_handshake)
            data, target, source = pump.outgoing(target), source, target
        return target, source, data


def ended(call: object) -> None:
    """It has to fail with an Error that says something; never to succeed, want or crash."""
    try:
        call()  # type: ignore[operator]
    except (SSL.WantReadError, SSL.WantWriteError, SSL.ZeroReturnError) as error:
        raise AssertionError(repr(error)) from None
    except SSL.Error as error:
        assert error.args[0], error
    else:
        raise AssertionError("a truncated stream was taken for a whole one")


def over_socket(context: SSL.Context, client: bool, data: bytes) -> None:
    """A fresh end that gets these bytes and then the stream's end."""
    one, other = socket.socketpair()
    with one, other:
        end = SSL.Connection(context, one)
        (end.set_connect_state if client else end.set_accept_state)()
        other.sendall(data)
        other.shutdown(socket.SHUT_WR)
        ended(end.do_handshake)


def handshakes(version: str, step: int) -> tuple[int, int]:
    memory = over = 0
    trial = Run(version)
    # The last flight of TLS 1.3 ends a handshake that is over for its sender.
    for number in range(3):
        position = 0
        while True:
            target, _, data = trial.flight(number)
            if position >= len(data):
                break
            target.bio_write(data[:position])
            target.bio_shutdown()
            ended(target.do_handshake)
            memory += 1
            if number == 0:
                over_socket(trial.server, False, data[:position])
                over += 1
            position += step
    for position in range(0, 1000, step):
        over += cut_answer(trial, position)
    return memory, over


def cut_answer(trial: Run, position: int) -> int:
    """The server's flight, cut on its way to a client over a socket."""
    one, other = socket.socketpair()
    with one, other:
        client = SSL.Connection(trial.client, one)
        client.set_connect_state()
        one.setblocking(False)
        assert not pump.step(client.do_handshake)
        server = SSL.Connection(trial.server, None)
        server.set_accept_state()
        server.bio_write(other.recv(65536))
        pump.step(server.do_handshake)
        flight = pump.outgoing(server)
        if position >= len(flight):
            return 0
        other.sendall(flight[:position])
        other.shutdown(socket.SHUT_WR)
        ended(client.do_handshake)
        return 1


def records(version: str) -> int:
    """A record cut anywhere gives none of its bytes, and the record before it all."""
    done = 0
    trial = Run(version)
    position = 0
    while True:
        ends = pump.connected(trial.server, trial.client)
        ends.server.send(b"whole")
        first = pump.outgoing(ends.server)
        ends.server.send(RECORD)
        data = pump.outgoing(ends.server)
        if position >= len(data):
            return done
        ends.client.bio_write(first + data[:position])
        ends.client.bio_shutdown()
        assert ends.client.recv(1000) == b"whole"
        ended(lambda client=ends.client: client.recv(1000))
        position += 1
        done += 1


def run(step: int) -> dict[str, int]:
    counts = {"cuts in memory": 0, "over sockets": 0, "of records": 0}
    for version in ("TLSv1.2", "TLSv1.3"):
        memory, over = handshakes(version, step)
        counts["cuts in memory"] += memory
        counts["over sockets"] += over
        counts["of records"] += records(version)
    return counts
