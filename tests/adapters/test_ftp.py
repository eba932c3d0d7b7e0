"""Files over TLS: pyftpdlib serves by a Context, aioftp by a bridged one; ftplib, aioftp fetch."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import io
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aioftp
import pytest
from adapters.loops import elsewhere, ended

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

with warnings.catch_warnings():
    # It stands on asyncore, which is deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

USER, PASSWORD = "one", "a password"


@contextlib.contextmanager
def by_pyftpdlib(folder: Path, context: Any) -> Iterator[int]:
    """The port of a server that was written for pyOpenSSL: it takes the Context itself."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm="elradfmw")

    class Handler(TLS_FTPHandler):
        pass

    Handler.authorizer = authorizer
    Handler.ssl_context = context.context
    Handler.tls_control_required = Handler.tls_data_required = True
    Handler.log_prefix = ""
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05, True, False), daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.close_all()
        thread.join(PATIENCE)


@contextlib.contextmanager
def by_aioftp(folder: Path, context: ssl.SSLContext) -> Iterator[int]:
    """The port of a server that speaks TLS from the start."""
    user = aioftp.User(USER, PASSWORD, base_path=folder)

    @contextlib.asynccontextmanager
    async def server() -> AsyncIterator[int]:
        made = aioftp.Server([user], ssl=context)
        await made.start("127.0.0.1", 0)
        try:
            yield made.server_port
        finally:
            await made.close()

    with elsewhere(server) as port:
        yield port


Ftp = Callable[[int, ssl.SSLContext], bytes]


def ftplib_explicit(port: int, context: ssl.SSLContext) -> bytes:
    """Store, list and fetch, after AUTH TLS."""
    with ftplib.FTP_TLS(context=context, timeout=PATIENCE) as ftp:
        ftp.connect("localhost", port)
        ftp.login(USER, PASSWORD)
        ftp.prot_p()
        ftp.storbinary("STOR there", io.BytesIO(BODY))
        assert ftp.nlst() == ["there"]
        parts: list[bytes] = []
        ftp.retrbinary("RETR there", parts.append)
        return b"".join(parts)


def aioftp_implicit(port: int, context: ssl.SSLContext) -> bytes:
    async def talk() -> bytes:
        async with aioftp.Client.context(
            "localhost", port, USER, PASSWORD, ssl=context, socket_timeout=PATIENCE
        ) as ftp:
            async with ftp.upload_stream("there") as stream:
                await stream.write(BODY)
            async with ftp.download_stream("there") as stream:
                got: bytes = await stream.read()
            return got

    return asyncio.run(asyncio.wait_for(ended(talk()), 4 * PATIENCE))


def aioftp_explicit(port: int, context: ssl.SSLContext) -> bytes:
    async def talk() -> bytes:
        ftp = aioftp.Client(socket_timeout=PATIENCE)
        await ftp.connect("localhost", port)
        try:
            await ftp.upgrade_to_tls(context)
            await ftp.login(USER, PASSWORD)
            async with ftp.upload_stream("there") as stream:
                await stream.write(BODY)
            async with ftp.download_stream("there") as stream:
                got: bytes = await stream.read()
            await ftp.quit()
            return got
        finally:
            ftp.close()

    return asyncio.run(asyncio.wait_for(ended(talk()), 4 * PATIENCE))


pairs = pytest.mark.parametrize(
    ("serve", "fetch"),
    [
        (by_pyftpdlib, ftplib_explicit),
        (by_pyftpdlib, aioftp_explicit),
        (by_aioftp, aioftp_implicit),
    ],
)


@pairs
def test_large_files_go_both_ways(serve: Any, fetch: Ftp, tmp_path: Path) -> None:
    with serve(tmp_path, bridges.serving()) as port:
        assert fetch(port, bridges.asking()) == BODY
    assert (tmp_path / "there").read_bytes() == BODY


@pairs
@pytest.mark.parametrize("what", ["host", "authority"])
def test_who_is_another_gets_no_password(serve: Any, fetch: Ftp, what: str, tmp_path: Path) -> None:
    who = authority.wrong_host() if what == "host" else authority.identity()
    with serve(tmp_path, bridges.serving(who)) as port:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            fetch(port, bridges.asking(trusting=what == "host"))
        assert caught.value.verify_code == (62 if what == "host" else 20)
    assert not list(tmp_path.iterdir())


@pairs
def test_clients_show_their_certificates(serve: Any, fetch: Ftp, tmp_path: Path) -> None:
    with serve(tmp_path, bridges.serving(require_client=True)) as port:
        assert fetch(port, bridges.asking(authority.client_identity())) == BODY
        for who in (None, authority.client_stranger()):
            with pytest.raises((OSError, EOFError, ftplib.Error)):
                fetch(port, bridges.asking(who))


def test_a_cut_file_is_an_error(tmp_path: Path) -> None:
    """The end of a file is the end of its connection: nothing but TLS tells a cut from it."""
    (tmp_path / "there").write_bytes(BODY)

    with (
        by_pyftpdlib(tmp_path, bridges.serving()) as port,
        ftplib.FTP_TLS(context=bridges.asking(), timeout=PATIENCE) as ftp,
    ):
        ftp.connect("localhost", port)
        ftp.login(USER, PASSWORD)
        ftp.prot_p()
        ftp.voidcmd("TYPE I")
        host, data_port = ftp.makepasv()
        with relay(data_port, CUT) as cutting:
            ftp.makepasv = lambda: (host, cutting.port)  # type: ignore[method-assign]
            parts: list[bytes] = []
            with pytest.raises(ssl.SSLEOFError):
                ftp.retrbinary("RETR there", parts.append)
            assert cutting.cuts == 1
        # The server may have got rid of all of it before it heard of the cut.
        with contextlib.suppress(ftplib.error_temp):
            ftp.voidresp()
        assert 0 < len(b"".join(parts)) < len(BODY)
