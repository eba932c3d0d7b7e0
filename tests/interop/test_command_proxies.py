"""``--proxy`` through proxies that people have: tinyproxy, and Dante for SOCKS."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import brisk
from kit.contexts import server_context
from kit.plain_first import started
from kit.ports import free_port
from kit.programs import need
from kit.sockets import LOOPBACK, ThreadedServer

pytestmark = pytest.mark.long

TRUST = ("--cafile", authority.trust_file())
_HTTP = """
Port {port}
Listen 127.0.0.1
Timeout 30
Allow 127.0.0.1
{more}
"""
_SOCKS = """
logoutput: {folder}/log
internal: 127.0.0.1 port = {port}
external: lo
socksmethod: {method}
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
"""


@contextlib.contextmanager
def tinyproxy(*, strict: bool = False) -> Iterator[str]:
    program, port = need("tinyproxy"), free_port()
    more = "BasicAuth user secret" if strict else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conf"
        path.write_text(_HTTP.format(port=port, more=more), encoding="ascii")
        with started(program, "-d", "-c", str(path), port=port):
            yield f"http://{LOOPBACK}:{port}"


@contextlib.contextmanager
def dante() -> Iterator[str]:
    program, port = need("danted"), free_port()
    if os.geteuid():
        pytest.skip("Dante starts as root only")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conf"
        text = _SOCKS.format(folder=folder, port=port, method="none")
        path.write_text(text, encoding="ascii")
        with started(program, "-f", str(path), port=port):
            yield f"socks5://{LOOPBACK}:{port}"


@pytest.mark.parametrize("proxy", [tinyproxy, dante])
@pytest.mark.parametrize("command", ["connect", "scan"])
def test_a_real_proxy(command: str, proxy: object) -> None:
    with ThreadedServer(server_context(version="TLSv1.3")) as server, proxy() as url:  # type: ignore[operator]
        done = brisk(command, f"localhost:{server.port}", *TRUST, "--proxy", url, "--json")
    assert done.status == 0, done
    if command == "connect":
        assert done.data["family"] == "proxy"
        assert done.data["verification"]["verified"] is True


def test_a_proxy_that_wants_a_password() -> None:
    with ThreadedServer(server_context()) as server, tinyproxy(strict=True) as url:
        asked = ("connect", f"localhost:{server.port}", *TRUST, "--proxy")
        refused = brisk(*asked, url)
        assert (refused.status, "the proxy said no" in refused.err) == (15, True), refused
        known = url.replace("http://", "http://user:secret@")
        assert brisk(*asked, known).status == 0


@pytest.mark.parametrize("given", ["nonsense", "nonsense:80"])
def test_a_proxy_that_is_none_is_called_as_it_was_given(given: str) -> None:
    done = brisk("connect", "localhost:1", "--proxy", given)
    assert (done.status, done.out) == (2, "")
    assert "not a proxy: 'nonsense" in done.err
