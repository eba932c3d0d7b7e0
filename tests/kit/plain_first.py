"""Real servers of protocols that begin in plain text, as their packages bring them.

Each is a context manager that yields the port on which it offers STARTTLS, with the
certificate of :func:`authority.identity`.  They become other users, so their folders and files
are not those of pytest, which are closed to others.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from kit import authority
from kit.ports import free_port, reachable
from kit.programs import need, quiet_environment, running
from kit.sockets import LOOPBACK

__all__ = ["SERVERS", "free_port", "started"]

_SLAPD = """
include /etc/ldap/schema/core.schema
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/chain.pem
TLSCertificateKeyFile {folder}/key.pem
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=test"
directory {folder}/data
"""
_PROSODY = """
pidfile = "{folder}/pid"
data_path = "{folder}/data"
run_as_root = true
daemonize = false
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
modules_enabled = {{ "tls", "saslauth" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = true
log = {{ info = "*console" }}
VirtualHost "localhost"
  ssl = {{ certificate = "{folder}/chain.pem", key = "{folder}/key.pem" }}
"""
_DOVECOT = """
base_dir = {folder}/run
log_path = /dev/stderr
protocols = imap pop3 lmtp sieve
ssl = required
ssl_cert = <{folder}/chain.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/data
passdb {{
  driver = static
  args = password=none
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/data
}}
"""
_LISTENER = """
service {service} {{
  inet_listener {name} {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""
_LIBRARIES = Path("/usr/lib/dovecot")
_INN = """
mta: /bin/true
organization: test
domain: news.test
fromhost: news.test
pathhost: news.test
pathnews: /usr/lib/news
pathdb: {folder}/data
pathetc: {folder}
pathfilter: {folder}
pathlog: {folder}/data
pathrun: {folder}/data
pathspool: {folder}/data
patharticles: {folder}/data
pathoverview: {folder}/data
pathtmp: {folder}/data
runasuser: {user}
runasgroup: {user}
hismethod: hisv6
ovmethod: tradindexed
tlscertfile: {folder}/chain.pem
tlskeyfile: {folder}/key.pem
nnrpdloadlimit: 0
"""
_READERS = """
auth "all" { hosts: "*" default: "reader" }
access "all" { users: "*" newsgroups: "*" }
"""
_NEWS = Path("/usr/lib/news/bin")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    files = authority.identity().files
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        for source, target in (
            (files.chain, "chain.pem"),
            (files.key, "key.pem"),
            (authority.trust_file(), "ca.pem"),
        ):
            shutil.copyfile(source, folder / target)
        yield folder


@contextlib.contextmanager
def started(*arguments: str, port: int) -> Iterator[int]:
    with running(*arguments):
        reachable(port)
        yield port


@contextlib.contextmanager
def _ldap() -> Iterator[int]:
    program, port = need("slapd"), free_port()
    with _folder() as folder:
        path = folder / "slapd.conf"
        path.write_text(_SLAPD.format(folder=folder), encoding="ascii")
        address = f"ldap://{LOOPBACK}:{port}"
        # With a level of debugging, even none, it stays in the foreground.
        with started(program, "-f", str(path), "-h", address, "-d", "0", port=port):
            yield port


@contextlib.contextmanager
def _xmpp() -> Iterator[int]:
    program, port = need("prosody"), free_port()
    with _folder() as folder:
        path = folder / "prosody.cfg.lua"
        path.write_text(_PROSODY.format(folder=folder, port=port), encoding="ascii")
        with started(program, "--config", str(path), "-F", port=port):
            yield port


@contextlib.contextmanager
def _mysql() -> Iterator[int]:
    program, port = need("mariadbd"), free_port()
    install = need("mariadb-install-db")
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    with _folder() as folder:
        place = ("--no-defaults", f"--user={user}", f"--datadir={folder}/data")
        subprocess.run(
            [install, *place, "--auth-root-authentication-method=normal", "--skip-test-db"],
            env=quiet_environment(),
            capture_output=True,
            timeout=300,
            check=True,
        )
        where = (f"--port={port}", f"--bind-address={LOOPBACK}", f"--socket={folder}/socket")
        identity = (f"--ssl-cert={folder}/chain.pem", f"--ssl-key={folder}/key.pem")
        with started(program, *place, *where, *identity, port=port):
            yield port


@contextlib.contextmanager
def _nntp() -> Iterator[int]:
    """The server for readers of INN, which has no log to say why it is not content."""
    port = free_port()
    if not (_NEWS / "nnrpd").exists():
        pytest.skip("INN is not installed: apt-get install inn2")
    if os.geteuid():
        pytest.skip("INN starts as root only")
    with _folder() as folder:
        files = {
            "inn.conf": _INN.format(folder=folder, user="news"),
            "readers.conf": _READERS,
            "storage.conf": "method tradspool {\n newsgroups: *\n class: 0\n}\n",
            "data/active": "",
            "data/newsgroups": "",
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="ascii")
        (folder / "key.pem").chmod(0o600)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "news", "news")
        settings = {"INNCONF": str(folder / "inn.conf")}
        subprocess.run(
            [str(_NEWS / "makehistory"), "-x", "-O"],
            env=quiet_environment() | settings,
            user="news",
            group="news",
            extra_groups=[],
            capture_output=True,
            check=True,
        )
        words = ("-D", "-f", "-n", "-p", str(port), "-4", LOOPBACK)
        with started("env", f"INNCONF={folder}/inn.conf", str(_NEWS / "nnrpd"), *words, port=port):
            yield port


def _mail(name: str, service: str, library: str) -> Callable[[], AbstractContextManager[int]]:
    @contextlib.contextmanager
    def start() -> Iterator[int]:
        program, port = need("dovecot"), free_port()
        if not (_LIBRARIES / service).exists():
            pytest.skip(f"{service} is not installed: apt-get install {library}")
        if os.geteuid():
            pytest.skip("Dovecot starts as root only")
        with _folder() as folder:
            path = folder / "dovecot.conf"
            text = _DOVECOT.format(folder=folder)
            for each in ("imap", "pop3"):
                # Their usual ports belong to others.
                text += _LISTENER.format(service=f"{each}-login", name=each, port=0)
                text += _LISTENER.format(service=f"{each}-login", name=f"{each}s", port=0)
            text += _LISTENER.format(service=service, name=name, port=port)
            path.write_text(text, encoding="ascii")
            with started(program, "-F", "-c", str(path), port=port):
                yield port

    return start


#: By the names that ``--starttls`` has for them.
SERVERS: dict[str, Callable[[], AbstractContextManager[int]]] = {
    "imap": _mail("imap", "imap-login", "dovecot-imapd"),
    "pop3": _mail("pop3", "pop3-login", "dovecot-pop3d"),
    "lmtp": _mail("lmtp", "lmtp", "dovecot-lmtpd"),
    "sieve": _mail("sieve", "managesieve-login", "dovecot-managesieved"),
    "nntp": _nntp,
    "ldap": _ldap,
    "mysql": _mysql,
    "xmpp": _xmpp,
}
