"""DTLS: cookies, lost packets and packet sizes."""

import os
import shlex
import socket
import subprocess
import time

import pytest

from kit import apart, contexts, pump
from kit.datagrams import COOKIE, cookie_context
from OpenSSL import SSL

#: gettimeofday is what libssl's timers ask.
CLOCK = """
#include <stddef.h>
#include <sys/time.h>
#include <time.h>
long ahead;
int gettimeofday(struct timeval *now, void *unused)
{
    struct timespec real;
    (void)unused;
    clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec + ahead;
    now->tv_usec = real.tv_nsec / 1000;
    return 0;
}
"""
GIVE_UP = """
    import ctypes
    from OpenSSL import SSL

    ahead = ctypes.c_long.in_dll(ctypes.CDLL(None), "ahead")
    client = SSL.Connection(SSL.Context(SSL.DTLS_METHOD), None)
    client.set_connect_state()
    try:
        client.do_handshake()
    except SSL.WantReadError:
        pass
    for _ in range(20):
        ahead.value += 100
        try:
            assert client.DTLSv1_handle_timeout() is True
        except SSL.Error as error:
            assert "read timeout expired" in str(error), error
            print("timeout")
            break
    for call in (client.do_handshake, client.DTLSv1_handle_timeout, client.shutdown):
        try:
            call()
        except SSL.Error as error:
            assert "read timeout expired" in str(error), error
            print("timeout")
"""


class Oops(Exception):
    """What the hooks of these tests raise."""


@pytest.fixture
def ends():
    return pump.pair(cookie_context(serving=True), cookie_context())


def packets(source):
    """The datagrams ``source`` wants to send, one by one."""
    found = []
    while True:
        try:
            found.append(source.bio_read(65536))
        except SSL.WantReadError:
            return found


def deliver(source, target):
    sent = packets(source)
    for packet in sent:
        target.bio_write(packet)
    return len(sent)


def hello(ends):
    """Bring the client's next ClientHello to the server."""
    with pytest.raises(SSL.WantReadError):
        ends.client.do_handshake()
    assert deliver(ends.client, ends.server)


class TestCookies:
    def test_a_client_that_shows_its_cookie_is_let_in(self, ends):
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()
        assert deliver(ends.server, ends.client) == 1
        hello(ends)
        assert ends.server.DTLSv1_listen() is None
        pump.handshake(*ends)
        assert ends.client.get_protocol_version_name() == "DTLSv1.2"
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"

    def test_nothing_to_listen_to(self, ends):
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()

    def test_the_hooks_are_given_the_connection_and_the_cookie(self):
        calls = []
        server = cookie_context(serving=True)
        server.set_cookie_generate_callback(lambda *given: calls.append(given) or COOKIE)
        server.set_cookie_verify_callback(lambda *given: calls.append(given) or True)
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()
        deliver(ends.server, ends.client)
        hello(ends)
        ends.server.DTLSv1_listen()
        assert calls == [(ends.server,), (ends.server, COOKIE)]

    def test_a_wrong_cookie_is_asked_for_again(self):
        server = cookie_context(serving=True)
        server.set_cookie_verify_callback(lambda connection, cookie: False)
        ends = pump.pair(server, cookie_context())
        for _ in range(2):
            hello(ends)
            with pytest.raises(SSL.WantReadError):
                ends.server.DTLSv1_listen()
            assert deliver(ends.server, ends.client) == 1

    def test_the_longest_cookie(self):
        server = cookie_context(serving=True)
        server.set_cookie_generate_callback(lambda connection: b"x" * 255)
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()
        (answer,) = packets(ends.server)
        assert b"x" * 255 in answer

    @pytest.mark.parametrize(
        ("make", "error"),
        [
            (lambda connection: b"x" * 256, ValueError),
            (lambda connection: "text", TypeError),
            (lambda connection: None, TypeError),
        ],
    )
    @pytest.mark.holds("C8", "CVE-2026-27459")
    def test_a_cookie_that_is_none_comes_out_of_the_call(self, make, error):
        server = cookie_context(serving=True)
        server.set_cookie_generate_callback(make)
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(error):
            ends.server.DTLSv1_listen()
        assert packets(ends.server) == []

    @pytest.mark.parametrize("kind", [Oops, KeyboardInterrupt])
    @pytest.mark.holds("D9")
    def test_what_a_hook_raises_comes_out_of_the_call(self, kind):
        def fail(*given):
            raise kind("cookie")

        server = cookie_context(serving=True)
        server.set_cookie_verify_callback(fail)
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()
        deliver(ends.server, ends.client)
        hello(ends)
        with pytest.raises(kind, match="cookie"):
            ends.server.DTLSv1_listen()

    def test_without_hooks_there_is_no_listening(self):
        server = cookie_context(serving=True)
        server.set_cookie_generate_callback(None)
        server.set_cookie_verify_callback(None)
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(SSL.Error) as caught:
            ends.server.DTLSv1_listen()
        assert type(caught.value) is SSL.Error
        assert caught.value.args[0]

    @pytest.mark.differs("set_cookie_generate_callback")
    @pytest.mark.parametrize("name", ["set_cookie_generate_callback", "set_cookie_verify_callback"])
    def test_what_cannot_be_called_is_refused(self, name):
        with pytest.raises(TypeError, match="callable"):
            getattr(cookie_context(), name)(b"cookie")

    def test_only_dtls_listens(self):
        connection = SSL.Connection(contexts.server_context(), None)
        connection.set_accept_state()
        with pytest.raises(SSL.Error) as caught:
            connection.DTLSv1_listen()
        assert caught.value.args[0]

    @pytest.mark.holds("S16")
    def test_a_live_tls_connection_is_not_harmed_by_listening(self):
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        for end in ends:
            for _ in range(2):
                with pytest.raises(SSL.Error, match="only a DTLS connection"):
                    end.DTLSv1_listen()
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"
        assert pump.transfer(ends.server, ends.client, b"data") == b"data"

    @pytest.mark.differs("DTLSv1_listen on a connection")
    def test_it_is_too_late_to_listen(self, ends):
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()
        deliver(ends.server, ends.client)
        hello(ends)
        ends.server.DTLSv1_listen()
        for _ in range(2):  # once it has listened, and once it has shaken hands
            with pytest.raises(SSL.Error, match="too late to listen"):
                ends.server.DTLSv1_listen()
            pump.handshake(*ends)
        with pytest.raises(SSL.Error, match="too late to listen"):
            ends.client.DTLSv1_listen()
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"

    def test_a_failed_connection_says_why_it_cannot_listen(self, ends):
        ends.server.clear_options(SSL.OP_COOKIE_EXCHANGE)
        ends.server.set_cipher_list(b"PSK@SECLEVEL=0")
        hello(ends)
        with pytest.raises(SSL.Error) as failed:
            ends.server.do_handshake()
        with pytest.raises(SSL.Error) as caught:
            ends.server.DTLSv1_listen()
        assert caught.value.args == failed.value.args
        ends.server.set_accept_state()
        with pytest.raises(SSL.WantReadError):
            ends.server.DTLSv1_listen()

    def test_a_hook_cannot_listen_on_its_own_connection(self):
        server = cookie_context(serving=True)
        server.set_cookie_generate_callback(lambda connection: connection.DTLSv1_listen())
        ends = pump.pair(server, cookie_context())
        hello(ends)
        with pytest.raises(SSL.Error, match="callback"):
            ends.server.DTLSv1_listen()


class TestTimers:
    def test_nothing_is_waited_for_at_first(self, ends):
        assert ends.client.DTLSv1_get_timeout() is None
        assert ends.client.DTLSv1_handle_timeout() is False

    def test_a_lost_packet_is_sent_again_when_its_time_has_come(self, ends):
        with pytest.raises(SSL.WantReadError):
            ends.client.do_handshake()
        assert len(packets(ends.client)) == 1
        left = ends.client.DTLSv1_get_timeout()
        assert 0 < left <= 1
        assert ends.client.DTLSv1_handle_timeout() is False
        assert packets(ends.client) == []
        time.sleep(left)
        assert ends.client.DTLSv1_get_timeout() == 0
        assert ends.client.DTLSv1_handle_timeout() is True
        assert len(packets(ends.client)) == 1
        assert ends.client.DTLSv1_get_timeout() > 1

    def test_giving_up_is_told_again(self, tmp_path):
        """Half an hour of waiting, with a clock that is told to hurry."""
        clock = tmp_path / "clock.c"
        clock.write_text(CLOCK)
        shared = tmp_path / "clock.so"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*compiler, "-shared", "-fPIC", "-o", shared, clock], check=True)
        assert apart.run(GIVE_UP, preload=str(shared)).split() == ["timeout"] * 4

    def test_tls_has_no_timers(self):
        connection = SSL.Connection(contexts.blank_context(), None)
        connection.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            connection.do_handshake()
        assert connection.DTLSv1_get_timeout() is None
        assert connection.DTLSv1_handle_timeout() is False


class TestPacketSizes:
    def connected(self):
        server, client = cookie_context(serving=True), cookie_context()
        server.clear_options(SSL.OP_COOKIE_EXCHANGE)
        for context in (server, client):
            context.set_options(SSL.OP_NO_QUERY_MTU)
        ends = pump.pair(server, client)
        for end in ends:
            end.set_ciphertext_mtu(500)
        pump.handshake(*ends)
        return ends

    def test_no_packet_is_larger(self):
        server, client = cookie_context(serving=True), cookie_context()
        server.clear_options(SSL.OP_COOKIE_EXCHANGE)
        for context in (server, client):
            context.set_options(SSL.OP_NO_QUERY_MTU)
        ends = pump.pair(server, client)
        for end in ends:
            end.set_ciphertext_mtu(300)
        sizes = []
        for _ in range(20):
            for source, target in ((ends.client, ends.server), (ends.server, ends.client)):
                pump.step(source.do_handshake)
                for packet in packets(source):
                    sizes.append(len(packet))
                    target.bio_write(packet)
        assert ends.client.get_cipher_name()
        assert len(sizes) > 4
        assert max(sizes) <= 300

    @pytest.mark.differs("packets of a handshake where")
    def test_a_flight_is_not_cut_into_small_packets(self):
        """Programs send what one ``bio_read(1500)`` gives after each step, and no more."""
        server, client = cookie_context(serving=True), cookie_context()
        server.clear_options(SSL.OP_COOKIE_EXCHANGE)
        ends = pump.pair(server, client)
        hello(ends)
        with pytest.raises(SSL.WantReadError):
            ends.server.do_handshake()
        sizes = [len(packet) for packet in packets(ends.server)]
        assert max(sizes) <= 1200
        assert len(sizes) == -(-sum(sizes) // 1200), sizes

    def test_data_of_the_size_it_names_makes_one_packet_that_fits(self):
        ends = self.connected()
        size = ends.client.get_cleartext_mtu()
        assert 400 < size < 500
        ends.client.send(b"x" * size)
        (packet,) = packets(ends.client)
        assert size < len(packet) <= 500

    def test_it_is_zero_before_the_handshake(self, ends):
        assert ends.client.get_cleartext_mtu() == 0

    @pytest.mark.differs("set_ciphertext_mtu outside 256")
    @pytest.mark.parametrize("value", [-1, 0, 10, 208, 255, 65508, 2**31, 2**100])
    @pytest.mark.holds("D23", "K3")
    def test_absurd_sizes_are_refused(self, ends, value):
        with pytest.raises(ValueError, match="mtu must be from 256 to 65507"):
            ends.client.set_ciphertext_mtu(value)

    @pytest.mark.parametrize("value", [None, "500", 500.0])
    def test_only_integers(self, ends, value):
        with pytest.raises(TypeError, match="mtu must be an integer"):
            ends.client.set_ciphertext_mtu(value)

    def test_the_limits_themselves_are_taken(self, ends):
        ends.client.set_ciphertext_mtu(256)
        ends.client.set_ciphertext_mtu(65507)

    @pytest.mark.differs("set_ciphertext_mtu outside 256")
    def test_tls_has_no_packets(self):
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        with pytest.raises(SSL.Error, match="DTLS"):
            ends.client.set_ciphertext_mtu(500)
        with pytest.raises(SSL.Error, match="DTLS"):
            ends.client.get_cleartext_mtu()


@pytest.mark.differs("DTLSv1_listen on a blocking socket")
def test_listening_on_a_socket_with_a_timeout() -> None:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_cookie_generate_callback(lambda connection: b"cookie")
    context.set_cookie_verify_callback(lambda connection, cookie: cookie == b"cookie")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.2)
        connection = SSL.Connection(context, sock)
        connection.set_accept_state()
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            connection.DTLSv1_listen()
        assert time.monotonic() - start >= 0.2
        sock.setblocking(False)
        with pytest.raises(SSL.WantReadError):
            connection.DTLSv1_listen()


def test_an_unknown_size_of_datagrams_is_named():
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_options(SSL.OP_NO_QUERY_MTU)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    with pytest.raises(SSL.Error, match="set_ciphertext_mtu"):
        client.do_handshake()
    client.set_ciphertext_mtu(1200)
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    assert client.bio_read(2000)
