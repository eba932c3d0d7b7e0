"""Clients over a bridged context with a real nginx: other hands at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from kit import authority, bridges
from kit.ports import free_port
from kit.programs import need, running
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols {versions};
    {client}
    root {folder}/files;
  }}
}}
"""


@contextlib.contextmanager
def nginx(
    folder: Path,
    who: authority.Identity | None = None,
    *,
    versions: str = "TLSv1.2 TLSv1.3",
    require_client: bool = False,
) -> Iterator[int]:
    """The port of a server that has BODY under /body."""
    program = need("nginx")
    files = (who or authority.identity()).files
    (folder / "files").mkdir()
    (folder / "files/body").write_bytes(BODY)
    for above in (folder, folder / "files"):
        above.chmod(0o755)
    port = free_port()
    client = f"ssl_client_certificate {authority.trust_file()}; ssl_verify_client on;"
    (folder / "nginx.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            certificate=files.chain,
            key=files.key,
            versions=versions,
            # nginx counts intermediates, and stops at one by itself.
            client=f"{client} ssl_verify_depth 3;" if require_client else "",
        )
    )
    with running(program, "-c", str(folder / "nginx.conf"), "-e", "stderr"):
        from adapters.pages import listening

        listening(port)
        yield port


def url(port: int) -> str:
    return f"https://localhost:{port}/body"


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_large_bodies_come(version: str, tmp_path: Path) -> None:
    async def by_aiohttp(context: ssl.SSLContext) -> bytes:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
            session.get(url(port)) as answer,
        ):
            return await answer.read()

    with nginx(tmp_path, versions=version) as port:
        with urllib.request.urlopen(url(port), context=bridges.asking()) as answer:
            assert answer.read() == BODY
        context = bridges.asking()
        with httpx.Client(verify=context, http2=True, trust_env=False, timeout=PATIENCE) as web:
            for _ in range(3):
                got = web.get(url(port))
                assert (got.http_version, got.content) == ("HTTP/2", BODY)
        assert asyncio.run(by_aiohttp(bridges.asking())) == BODY


def test_it_is_refused_cut_and_verified(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "strict").mkdir()
    with (
        nginx(tmp_path / "wrong", authority.wrong_host()) as port,
        pytest.raises(urllib.error.URLError, match="not valid for 'localhost'"),
    ):
        urllib.request.urlopen(url(port), context=bridges.asking())
    with nginx(tmp_path / "strict", require_client=True) as port:
        context = bridges.asking(authority.client_identity())
        with urllib.request.urlopen(url(port), context=context) as answer:
            assert answer.read() == BODY
        with (
            relay(port, CUT) as cutting,
            urllib.request.urlopen(url(cutting.port), context=context) as answer,
            pytest.raises(http.client.IncompleteRead),
        ):
            answer.read()
        # nginx lets in whom it does not know and says so by a page.
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url(port), context=bridges.asking())
        with caught.value as answer:
            assert answer.code == 400
