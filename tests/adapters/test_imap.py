"""imaplib over a bridged context, with a real Dovecot."""

from __future__ import annotations

import contextlib
import imaplib
import os
import pwd
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit import authority, bridges
from kit.ports import free_port
from kit.programs import need, running
from kit.relays import relay
from kit.sockets import PATIENCE

USER, PASSWORD = "one", "secret"
LETTER = b"Subject: long\r\n\r\n" + b"".join(b"line %d\r\n" % number for number in range(100_000))
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
{client}
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {plain}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls}
    ssl = yes
  }}
}}
"""
STRICT = """
ssl_ca = <{trust}
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
"""


@dataclass(frozen=True)
class Dovecot:
    """The ports on which TLS begins after STARTTLS, and at once."""

    starttls: int
    tls: int


@contextlib.contextmanager
def dovecot(
    who: authority.Identity | None = None, *, require_client: bool = False
) -> Iterator[Dovecot]:
    program = need("dovecot")
    if os.geteuid():
        pytest.skip("Dovecot starts as root only")
    files = (who or authority.identity()).files
    user = pwd.getpwnam("nobody")
    # Not in pytest's folders, which are closed to those it becomes.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        os.chown(folder / "mail", user.pw_uid, user.pw_gid)
        made = Dovecot(free_port(), free_port())
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                certificate=files.chain,
                key=files.key,
                password=PASSWORD,
                user=user,
                plain=made.starttls,
                tls=made.tls,
                client=STRICT.format(trust=authority.trust_file()) if require_client else "",
            )
        )
        with running(program, "-F", "-c", str(folder / "dovecot.conf")) as server:
            server.expect("starting up", 60)
            yield made


@contextlib.contextmanager
def asking(
    server: Dovecot, context: ssl.SSLContext, way: str, port: int | None = None
) -> Iterator[imaplib.IMAP4]:
    if way == "tls":
        made = imaplib.IMAP4_SSL(
            "localhost", port or server.tls, ssl_context=context, timeout=PATIENCE
        )
    else:
        made = imaplib.IMAP4("localhost", port or server.starttls, timeout=PATIENCE)
    try:
        if way != "tls":
            made.starttls(ssl_context=context)
        made.login(USER, PASSWORD)
        yield made
        made.logout()
    finally:
        with contextlib.suppress(OSError):
            made.shutdown()


ways = pytest.mark.parametrize("way", ["tls", "starttls"])


@ways
def test_long_letters_go_both_ways(way: str) -> None:
    with dovecot() as server, asking(server, bridges.asking(), way) as mail:
        assert mail.append("INBOX", "", "", LETTER)[0] == "OK"
        assert mail.select("INBOX") == ("OK", [b"1"])
        found = mail.fetch("1", "(BODY[])")
        assert found[0] == "OK" and isinstance(found[1][0], tuple)
        assert found[1][0][1] == LETTER


@ways
@pytest.mark.parametrize("what", ["host", "authority"])
def test_who_is_another_gets_no_password(way: str, what: str) -> None:
    who = authority.wrong_host() if what == "host" else authority.identity()
    with dovecot(who) as server:
        with (
            pytest.raises(ssl.SSLCertVerificationError) as caught,
            asking(server, bridges.asking(trusting=what == "host"), way),
        ):
            pass
        assert caught.value.verify_code == (62 if what == "host" else 20)


def test_a_cut_is_an_error() -> None:
    with dovecot() as server:
        with asking(server, bridges.asking(), "tls") as mail:
            mail.append("INBOX", "", "", LETTER)
        with relay(server.tls, len(LETTER) // 2) as cutting:
            with (
                pytest.raises((imaplib.IMAP4.abort, OSError)),
                asking(server, bridges.asking(), "tls", cutting.port) as mail,
            ):
                mail.select("INBOX")
                mail.fetch("1", "(BODY[])")
            assert cutting.cuts == 1


@ways
def test_clients_show_their_certificates(way: str) -> None:
    with dovecot(require_client=True) as server:
        with asking(server, bridges.asking(authority.client_identity()), way) as mail:
            assert mail.select("INBOX")[0] == "OK"
        for who in (None, authority.client_stranger()):
            with (
                pytest.raises((imaplib.IMAP4.error, OSError)),
                asking(server, bridges.asking(who), way),
            ):
                pass
