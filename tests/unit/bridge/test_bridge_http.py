"""The standard library's HTTP programs over a bridged context, at both ends."""

from __future__ import annotations

import http.client
import os
import ssl
import threading
import urllib.error
import urllib.request
import xmlrpc.client
import xmlrpc.server
from collections.abc import Callable, Iterator
from xml.parsers.expat import ExpatError

import pytest

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT, Web, web

Ask = Callable[..., bytes]


@pytest.fixture
def server() -> Iterator[Web]:
    with web(bridges.serving()) as made:
        yield made


def by_http_client(port: int, context: ssl.SSLContext, data: bytes | None = None) -> bytes:
    made = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=context)
    try:
        made.request("GET" if data is None else "POST", "/", body=data)
        with made.getresponse() as answer:
            assert answer.status == 200
            return answer.read()
    finally:
        made.close()


def by_urllib(port: int, context: ssl.SSLContext, data: bytes | None = None) -> bytes:
    url = f"https://localhost:{port}/"
    with urllib.request.urlopen(url, data, PATIENCE, context=context) as answer:
        assert answer.status == 200
        got: bytes = answer.read()
        return got


def by_opener(port: int, context: ssl.SSLContext, data: bytes | None = None) -> bytes:
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    with opener.open(f"https://localhost:{port}/", data, PATIENCE) as answer:
        assert answer.status == 200
        got: bytes = answer.read()
        return got


asks = pytest.mark.parametrize("ask", [by_http_client, by_urllib, by_opener])


def unverified(error: BaseException) -> ssl.SSLCertVerificationError:
    """The refusal itself, which urllib wraps."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    assert isinstance(reason, ssl.SSLCertVerificationError)
    return reason


@asks
def test_large_bodies_go_both_ways(server: Web, ask: Ask) -> None:
    context = bridges.asking()
    assert ask(server.port, context) == BODY
    assert ask(server.port, context, BODY) == BODY[::-1]
    assert not server.failures


@asks
def test_another_host_is_refused(ask: Ask) -> None:
    with (
        web(bridges.serving(authority.wrong_host())) as server,
        pytest.raises((ssl.SSLCertVerificationError, urllib.error.URLError)) as caught,
    ):
        ask(server.port, bridges.asking())
    assert unverified(caught.value).verify_code == 62
    assert "not valid for 'localhost'" in unverified(caught.value).verify_message


@asks
def test_an_unknown_authority_is_refused(server: Web, ask: Ask) -> None:
    with pytest.raises((ssl.SSLCertVerificationError, urllib.error.URLError)) as caught:
        ask(server.port, bridges.asking(trusting=False))
    # 20: no certificate of the issuer.
    assert unverified(caught.value).verify_code == 20


@asks
def test_a_cut_body_is_no_whole_one(server: Web, ask: Ask) -> None:
    with relay(server.port, CUT) as cutting:
        with pytest.raises(http.client.IncompleteRead) as caught:
            ask(cutting.port, bridges.asking())
        assert 0 < len(caught.value.partial) < len(BODY)
        assert caught.value.partial == BODY[: len(caught.value.partial)]
        assert cutting.cuts == 1


@asks
def test_clients_show_their_certificates(ask: Ask) -> None:
    with web(bridges.serving(require_client=True)) as server:
        assert ask(server.port, bridges.asking(authority.client_identity())) == BODY
        [(version, certificate)] = server.told
        assert version == "TLSv1.3"
        assert ("commonName", "client") in [part[0] for part in certificate["subject"]]
        for who in (None, authority.client_stranger()):
            with pytest.raises(OSError):
                ask(server.port, bridges.asking(who))
        assert len(server.told) == 1


def test_a_connection_is_kept_for_many_requests(server: Web) -> None:
    made = http.client.HTTPSConnection(
        "localhost", server.port, timeout=PATIENCE, context=bridges.asking()
    )
    socks = set()
    for count in (0, 1, 16384, 16385, 100_000):
        made.request("POST", "/", body=BODY[:count])
        socks.add(made.sock)
        with made.getresponse() as answer:
            assert answer.read() == BODY[:count][::-1]
    assert len(socks) == 1
    made.close()


# ---- XML-RPC


def turned(data: xmlrpc.client.Binary) -> xmlrpc.client.Binary:
    return xmlrpc.client.Binary(data.data[::-1])


@pytest.fixture
def calls() -> Iterator[int]:
    """The port of the standard library's server of calls, its listening socket wrapped."""
    with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as made:
        made.register_function(turned)
        made.socket.settimeout(PATIENCE)
        made.socket = bridges.serving().wrap_socket(made.socket, server_side=True)
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made.socket.getsockname()[1]
        made.shutdown()
        thread.join(PATIENCE)


def test_calls_carry_large_values(calls: int) -> None:
    with xmlrpc.client.ServerProxy(
        f"https://localhost:{calls}/RPC2", context=bridges.asking()
    ) as proxy:
        for count in (0, 1, len(BODY)):
            answer = proxy.turned(xmlrpc.client.Binary(BODY[:count]))
            assert isinstance(answer, xmlrpc.client.Binary)
            assert answer.data == BODY[:count][::-1]


def test_calls_are_refused_and_cut(calls: int) -> None:
    with (
        xmlrpc.client.ServerProxy(
            f"https://localhost:{calls}/RPC2", context=bridges.asking(trusting=False)
        ) as proxy,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        proxy.turned(xmlrpc.client.Binary(b"secret"))
    with (
        relay(calls, CUT) as cutting,
        xmlrpc.client.ServerProxy(
            f"https://localhost:{cutting.port}/RPC2", context=bridges.asking()
        ) as proxy,
        pytest.raises((EOFError, http.client.HTTPException, ExpatError)),
    ):
        proxy.turned(xmlrpc.client.Binary(os.urandom(len(BODY))))
    assert cutting.cuts == 1
