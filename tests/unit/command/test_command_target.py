from __future__ import annotations

import pytest

pytest.importorskip("click")

from OpenSSL._command.failures import Failure
from OpenSSL._command.target import Target, ascii_name, open_socket, parse
from OpenSSL._command.waiting import Deadline


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com", "example.com", 443),
        ("example.com:8443", "example.com", 8443),
        ("[::1]:8443", "::1", 8443),
        ("[::1]", "::1", 443),
        ("::1", "::1", 443),
        ("fe80::1%eth0", "fe80::1%eth0", 443),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("host:https", "host", 443),
        ("[::1]:imaps", "::1", 993),
        ("https://host", "host", 443),
        ("https://host/path?a=b#c", "host", 443),
        ("HTTPS://host:8443/", "host", 8443),
        ("wss://[::1]:1/a@b:c", "::1", 1),
        ("imaps://host?x", "host", 993),
        ("b\u00fccher.example", "b\u00fccher.example", 443),
    ],
)
def test_a_target_is_read(text: str, host: str, port: int) -> None:
    assert parse(text, 443) == Target(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":443",
        "host:",
        "host:0",
        "host:65536",
        "host:no-such-service",
        "host:https-",
        "host:\u0661",
        "[::1",
        "[::1]443",
        "[::1]:",
        "[host]:1",
        "a:b:c",
        "a b",
        "a/b",
        "user@host",
        "a\0b",
        "https://user@host/",
        "https://",
        "https:///path",
        "gopher3://host/",
        "://host",
        "127.1",
        "010.0.0.1:443",
        "https://0x7f.0.0.1/",
        "2130706433",
    ],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text, 443)


@pytest.mark.holds("U-C2")
def test_an_address_with_a_port_is_written_with_brackets() -> None:
    assert str(Target("::1", 443)) == "[::1]:443"
    assert str(Target("host", 443)) == "host:443"


def test_names_become_ascii() -> None:
    assert ascii_name("b\u00fccher.example.") == "xn--bcher-kva.example"
    assert ascii_name("example.com") == "example.com"
    for bad in ("a,b", "a;b", "\u2024", "a" * 254, ".", "a..\u00fc"):
        with pytest.raises(ValueError, match="not a host name"):
            ascii_name(bad)


@pytest.mark.parametrize(
    ("name", "ascii"),
    [
        ("fa\u00df.de", "xn--fa-hia.de"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("FA\u1e9e.de", "xn--fa-hia.de"),
        ("\u03c3\u03c9\u03bb\u03b9\u03c2.example", "xn--uxadwb4a.example"),
        ("\u0928\u0940\u200d\u0915\u093e.example", None),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("xn--fa-hia.de", "xn--fa-hia.de"),
        ("\U0001f4a9.example", None),
    ],
)
@pytest.mark.holds("F14")
def test_names_are_those_of_idna_2008(name: str, ascii: str | None) -> None:
    if ascii is None:
        with pytest.raises(ValueError, match="not a host name"):
            ascii_name(name)
    else:
        assert ascii_name(name) == ascii


def test_a_name_that_does_not_exist_fails_to_resolve() -> None:
    with pytest.raises(Failure, match="no-such-host.invalid") as caught:
        open_socket(Target("no-such-host.invalid", 443), Deadline(20))
    assert caught.value.kind == "name-resolution"
