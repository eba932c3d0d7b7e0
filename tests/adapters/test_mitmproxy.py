"""mitmproxy, which was written for pyOpenSSL: both its ends run on this package."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from adapters.pages import listening

from kit import authority, bridges
from kit.ports import free_port
from kit.programs import running
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT, web

PYTHON = Path(__file__).resolve().parents[2] / ".build/mitmproxy/bin/python"
PROGRAM = """
import OpenSSL
print("over", OpenSSL.__file__, flush=True)
from mitmproxy.tools.main import mitmdump
mitmdump()
"""


@contextlib.contextmanager
def proxy(folder: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The port of a proxy, and a context of clients that trust it."""
    port = free_port()
    with running(
        *(str(PYTHON), "-W", "ignore", "-c", PROGRAM, "-q", "-p", str(port)),
        *("--set", f"confdir={folder}", "--set", "connection_strategy=lazy"),
        *("--set", f"ssl_verify_upstream_trusted_ca={authority.trust_file()}"),
    ) as program:
        place = program.expect(r"^over (.+)\n", 60).group(1)
        assert place.endswith("src/OpenSSL/__init__.py"), place
        listening(port)
        context = bridges.asking(trusting=False)
        context.load_verify_locations(folder / "mitmproxy-ca-cert.pem")
        yield port, context


@contextlib.contextmanager
def asking(port: int, context: ssl.SSLContext, to: int) -> Iterator[http.client.HTTPSConnection]:
    made = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE)
    made.set_tunnel("localhost", to)
    try:
        yield made
    finally:
        made.close()


def test_it_reads_along_refuses_and_hands_on_a_cut(tmp_path: Path) -> None:
    with proxy(tmp_path) as (port, context):
        with web(bridges.serving()) as server, asking(port, context, server.port) as client:
            client.request("GET", "/")
            assert client.getresponse().read() == BODY
            client.request("POST", "/", body=BODY)
            assert client.getresponse().read() == BODY[::-1]
        for who in (authority.wrong_host(), authority.stranger()):
            with web(bridges.serving(who)) as server, asking(port, context, server.port) as client:
                client.request("GET", "/")
                with client.getresponse() as answer:
                    assert answer.status == 502
                assert not server.told
        with web(bridges.serving()) as server, relay(server.port, CUT) as cutting:
            with asking(port, context, cutting.port) as client:
                client.request("GET", "/")
                with client.getresponse() as answer:
                    assert answer.status == 502
            assert cutting.cuts == 1


def test_its_clients_refuse_it_where_they_do_not_know_it(tmp_path: Path) -> None:
    with proxy(tmp_path) as (port, _), web(bridges.serving()) as server:
        with (
            asking(port, bridges.asking(trusting=False), server.port) as client,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            client.request("GET", "/")
        assert not server.told
