from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest

pytest.importorskip("click")

from OpenSSL._command import web


def feeder(*parts: bytes) -> Callable[[], bytes]:
    rest = list(parts)
    return lambda: rest.pop(0) if rest else b""


def read(*parts: bytes) -> tuple[web.Request | None, bytes]:
    return web.read_request(feeder(*parts), b"")


def status(*parts: bytes) -> HTTPStatus:
    with pytest.raises(web.BadRequest) as caught:
        read(*parts)
    return caught.value.status


def test_a_request_is_read_from_any_pieces() -> None:
    text = b"\r\nGET /a?b HTTP/1.1\r\nHost: h\r\nAccept: text/html;q=1, */*\r\n\r\nrest"
    for parts in ((text,), tuple(text[i : i + 1] for i in range(len(text)))):
        request, rest = read(*parts)
        assert request is not None
        assert (request.method, request.path, request.keep_alive) == ("GET", "/a?b", True)
        assert request.accepts("text/html")
        assert not request.accepts("application/json")
        assert b"rest".startswith(rest)


@pytest.mark.parametrize(
    "host", [b"", b"h", b"h:8443", b"h:", b"192.0.2.1:80", b"[::1]", b"[2001:db8::1]:443", b"a%20b"]
)
def test_a_host_may_be_any_name_or_address(host: bytes) -> None:
    request, _ = read(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host)
    assert request is not None


def test_a_client_that_leaves_between_requests_is_no_error() -> None:
    assert read() == (None, b"")
    assert read(b"\r\n") == (None, b"")


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: h\r\nhost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nA: b\nc: d\r\n\r\n",
        *(
            b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host
            for host in (
                *(
                    b"a, b",
                    b"a,b",
                    b"a b",
                    b"a\tb",
                    b"user@a",
                    b"a/b",
                    b"a?b",
                    b"a#b",
                    b"https://a",
                ),
                *(b"a:443:443", b"a:https", b"::1", b"[::1", b"\xc3\xa9", b"%zz", b'"a"', b"a\\b"),
            )
        ),
        *(
            b"GET / HTTP/1.1\r\nHost: h\r\nA: b%cc\r\n\r\n" % control
            for control in b"\0\x0b\x1b\x7f\r"
        ),
    ],
)
@pytest.mark.holds("S19")
def test_malformed_requests_are_bad(text: bytes) -> None:
    assert status(text) == HTTPStatus.BAD_REQUEST


def test_headers_have_a_limit() -> None:
    first = b"GET / HTTP/1.1\r\nHost: h\r\nA: "
    endless = [b"a" * 4096] * 100
    assert status(first, *endless) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    whole = first + b"a" * web.HEAD_LIMIT + b"\r\n\r\n"
    assert status(whole) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_a_body_ends_the_connection() -> None:
    for header in (b"Content-Length: 3", b"Transfer-Encoding: chunked"):
        request, _ = read(b"POST / HTTP/1.1\r\nHost: h\r\n" + header + b"\r\n\r\nabc")
        assert request is not None
        assert not request.keep_alive


def test_a_header_said_twice_hides_nothing() -> None:
    for twice in (
        b"Content-Length: 3\r\nContent-Length: 0",
        b"Connection: close\r\nConnection: x-other",
    ):
        request, _ = read(b"GET / HTTP/1.1\r\nHost: h\r\n" + twice + b"\r\n\r\nabc")
        assert request is not None
        assert not request.keep_alive
