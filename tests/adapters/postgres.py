"""A real PostgreSQL in a folder of its own, as a user that it lets itself be run by."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit import authority
from kit.identity import Files
from kit.patience import PATIENCE
from kit.ports import free_port
from kit.programs import quiet_environment
from kit.sockets import LOOPBACK

__all__ = ["USER", "Postgres", "postgres"]

#: Who may do everything in it; also the name in the certificate of tests.
USER = "client"


@dataclass(frozen=True)
class Postgres:
    """A server that listens on the loopback, and on a Unix socket in ``folder``."""

    port: int
    folder: Path


def programs() -> Path:
    """The folder of the server's programs, which Debian keeps off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    here = shutil.which("initdb")
    if not found and here is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(here or "").parent


def _user() -> pwd.struct_passwd | None:
    """Who runs it: it refuses root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is nobody else")


def _rules(tls: bool, require_client: bool) -> str:
    how = "cert" if require_client else "trust"
    return f"local all all trust\n{'hostssl' if tls else 'host'} all all {LOOPBACK}/32 {how}\n"


@contextlib.contextmanager
def postgres(
    who: authority.Identity | None = None,
    *,
    tls: bool = True,
    require_client: bool = False,
    port: int | None = None,
) -> Iterator[Postgres]:
    """A new database; ``require_client`` lets in whom the tests' authority vouches for."""
    # Not in pytest's folders, which are closed to everybody else.
    with tempfile.TemporaryDirectory() as folder:
        files = (who or authority.identity()).files
        yield from _serve(Path(folder), files, tls, require_client, port or free_port())


def _serve(
    folder: Path, files: Files, tls: bool, require_client: bool, port: int
) -> Iterator[Postgres]:
    where = programs()
    user = _user()
    data = folder / "data"

    def own(path: Path) -> Path:
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
        return path

    def run(*command: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(each) for each in command],
            cwd=folder,
            env=quiet_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )

    own(folder)
    with (folder / "log").open("wb") as log:
        made = run(
            where / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        assert made.wait(PATIENCE) == 0, (folder / "log").read_text()
        for name, source in (("cert", files.chain), ("key", files.key)):
            own(Path(shutil.copy(source, folder / name))).chmod(0o600)
        own(Path(shutil.copy(authority.trust_file(), folder / "trust")))
        own(data / "pg_hba.conf").write_text(_rules(tls, require_client))
        settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": folder,
            "fsync": "off",
            "ssl": "on" if tls else "off",
            "ssl_cert_file": folder / "cert",
            "ssl_key_file": folder / "key",
            "ssl_ca_file": folder / "trust" if require_client else "",
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = run(where / "postgres", "-D", data, "-p", port, *given)
        try:
            deadline = time.monotonic() + PATIENCE
            while b"ready to accept connections" not in (folder / "log").read_bytes():
                assert server.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "the database does not start"
                time.sleep(0.05)
            yield Postgres(port, folder)
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
