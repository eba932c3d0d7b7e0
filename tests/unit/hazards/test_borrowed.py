"""A socket that is closed while libssl is at work: a stranger never gets its bytes."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

import pytest

from kit import apart, contexts, sockets, verdicts
from kit.thief import Thief
from OpenSSL import SSL


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with sockets.tcp_pair() as both:
        yield both


@pytest.mark.holds("D3")
@pytest.mark.parametrize("raises", [False, True])
def test_a_callback_that_closes_the_socket(
    pair: tuple[socket.socket, socket.socket], raises: bool
) -> None:
    ours, other = pair
    context = contexts.server_context()
    client = sockets.client_end(contexts.client_context(), other)
    client.set_tlsext_host_name(b"localhost")
    with Thief(ours) as thief:

        def close(_: SSL.Connection) -> None:
            thief.strike()
            if raises:
                raise LookupError("of the callback")

        def listen() -> None:
            client.do_handshake()
            client.recv(1)

        context.set_tlsext_servername_callback(close)
        server = sockets.server_end(context, ours)
        waiting = sockets.in_thread(listen)
        with pytest.raises(LookupError if raises else SSL.SysCallError):
            # A quick client lets the call that was under way come to its end.
            server.do_handshake()
            server.send(b"x")
        # Nobody holds the socket any longer: the client sees its end, or our alert.
        with pytest.raises(SSL.Error):
            waiting.result(sockets.PATIENCE)
        assert thief.heard() == b""


@pytest.mark.holds("D3")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(
    "hook", ["set_tlsext_servername_callback", "set_info_callback", "set_alpn_select_callback"]
)
def test_a_callback_that_closes_the_socket_in_the_only_thread(hook: str, version: str) -> None:
    # Where nobody waits for the interpreter it is not given up, but callbacks run all the same.
    out = apart.run(
        """
        import sys, threading
        from kit import contexts, sockets
        from kit.thief import Thief
        from OpenSSL import SSL

        hook, version = sys.argv[1:]
        context = contexts.server_context(version=version)
        client_context = contexts.client_context(version=version)
        client_context.set_alpn_protos([b"one"])
        with sockets.unix_pair() as (ours, other), Thief(ours) as thief:
            for end in ours, other:
                end.setblocking(False)
            client = sockets.client_end(client_context, other)
            client.set_tlsext_host_name(b"localhost")

            def close(*arguments):
                if thief.strikes == 0:
                    thief.strike()
                return b"one" if "alpn" in hook else None

            getattr(context, hook)(close)
            ends = [client, sockets.server_end(context, ours)]
            while ends[1:]:
                for end in list(ends):
                    try:
                        end.do_handshake()
                    except SSL.WantReadError:
                        continue
                    except SSL.SysCallError:
                        pass
                    ends.remove(end)
            print(thief.strikes, thief.heard(), threading.active_count())
        """,
        hook,
        version,
    )
    assert out == "1 b'' 1\n"


@pytest.mark.holds("D3")
def test_a_close_in_the_middle_of_sending() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        data = bytes(1 << 24)
        received = sockets.in_thread(sockets.receive_all, server)
        sending = threading.Event()
        with Thief(client._socket) as thief:

            def send() -> None:
                sending.set()
                while True:
                    client.sendall(data)

            future = sockets.in_thread(send)
            assert sending.wait(sockets.PATIENCE)
            thief.strike()
            with verdicts.system_error(errno.EBADF):
                future.result(sockets.PATIENCE)
            with pytest.raises(SSL.SysCallError):
                received.result(sockets.PATIENCE)
            assert thief.heard() == b""


def test_no_descriptor_is_left_behind() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
        for _ in range(20):
            client.sendall(bytes(100_000))
            left = 100_000
            while left:
                left -= len(server.recv(30_000))
        server.setblocking(False)
        with pytest.raises(SSL.WantReadError):
            server.recv(30_000)
        after = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
        assert len(after) == len(before)


@pytest.mark.holds("D3")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_close_while_a_context_is_waited_for(version: str, tmp_path: Path) -> None:
    """Somebody changes the Context, slowly; a small send that needs it still is careful."""
    slow = tmp_path / "slow"
    os.mkfifo(slow)
    client_context = contexts.client_context(version=version)
    server_context = contexts.server_context(version=version)
    with (
        sockets.connected(server_context, client_context) as (_server, client),
        Thief(client._socket) as thief,
    ):
        changing = sockets.in_thread(client_context.load_verify_locations, str(slow))
        with slow.open("wb"):
            # The writer could open it, so it is being read.
            sending = sockets.in_thread(client.send, b"secret")
            with contextlib.suppress(FutureTimeout):
                sending.result(0.3)
            thief.strike()
        with pytest.raises(SSL.Error):
            changing.result(sockets.PATIENCE)
        with contextlib.suppress(SSL.SysCallError):
            sending.result(sockets.PATIENCE)
        assert thief.heard() == b""
