"""Real peers on loopback ports, all with the same small face.

A server peer has a ``port`` and answers each line with ``answer(line)``.  A
client peer sends lines with ``say`` and prints what comes back.  Both tell
what they negotiated with ``told()``.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

from kit import authority
from kit.identity import Files
from kit.ports import free_port
from kit.programs import PATIENCE, Program, running
from kit.sockets import LOOPBACK
from kit.told import ClientPeer, ServerPeer, Told

_PRIORITY = {
    None: "NORMAL",
    "TLSv1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    "TLSv1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
    "both": "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
}
_SWITCH = {None: (), "TLSv1.2": ("-tls1_2",), "TLSv1.3": ("-tls1_3",)}


def _reverse(line: bytes) -> bytes:
    return line.rstrip(b"\n")[::-1] + b"\n"


def _group(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else None


# ---- the openssl program


def _openssl_told(program: Program, end: str) -> Callable[[], Told]:
    def told() -> Told:
        program.expect(end)
        text = program.output
        name = _group(r"^Peer certificate: .*CN ?= ?(.*)$", text)
        return Told(
            _group(r"^Protocol version: (.*)$", text),
            _group(r"^Ciphersuite: (.*)$", text),
            "" if name is None and "No peer certificate" in text else name,
        )

    return told


def _below_root(files: Files) -> tuple[str, ...]:
    """The option that names the intermediates; an empty file would be refused."""
    some = files.intermediates.stat().st_size
    return ("-cert_chain", str(files.intermediates)) if some else ()


@contextlib.contextmanager
def openssl_server(
    who: authority.Identity | None = None,
    *options: str,
    version: str | None = None,
    require_client: bool = False,
) -> Iterator[ServerPeer]:
    """``openssl s_server`` that answers each line backwards."""
    files = (who or authority.identity()).files
    trust = str(authority.trust_file())
    verify = ("-Verify", "5", "-verify_return_error", "-CAfile", trust) if require_client else ()
    with running(
        *("openssl", "s_server", "-accept", f"{LOOPBACK}:0", "-rev", *_SWITCH[version]),
        *("-cert", str(files.certificate), *_below_root(files)),
        *("-key", str(files.key), *verify, *options),
    ) as program:
        port = int(program.expect(r"^ACCEPT .*:(\d+)").group(1))
        end = r"^(Supported groups|Shared groups|Server Temp Key|Peer certificate|No peer cert).*\n"
        yield ServerPeer(port, _openssl_told(program, end), _reverse, program)


@contextlib.contextmanager
def openssl_client(
    port: int,
    who: authority.Identity | None = None,
    *options: str,
    version: str | None = None,
) -> Iterator[ClientPeer]:
    """``openssl s_client`` that verifies our certificate and our name."""
    mine: tuple[str, ...] = ()
    if who is not None:
        mine = ("-cert", str(who.files.certificate), "-key", str(who.files.key))
        mine += _below_root(who.files)
    with running(
        *("openssl", "s_client", "-connect", f"{LOOPBACK}:{port}", "-brief", *_SWITCH[version]),
        *("-CAfile", str(authority.trust_file()), "-verify_return_error"),
        *("-servername", authority.HOST, "-verify_hostname", authority.HOST, *mine, *options),
    ) as program:
        yield ClientPeer(program, _openssl_told(program, r"^Verification: OK"))


# ---- GnuTLS


def _gnutls_told(program: Program, end: str) -> Callable[[], Told]:
    def told() -> Told:
        program.expect(end)
        text = program.output
        found = re.search(r"Description: \(TLS(1\.\d)-?.*\)-\(([^()]*)\)\s*$", text, re.MULTILINE)
        return Told(
            f"TLSv{found.group(1)}" if found else None,
            found.group(2) if found else None,
            _group(r"[Ss]ubject:? `?(?:.*,)?CN=([^,'\n]*)", text) or "",
            _group(r"Application protocol: (.*)$", text),
            "This is a resumed session" in text,
        )

    return told


@contextlib.contextmanager
def gnutls_server(
    who: authority.Identity | None = None,
    *options: str,
    version: str | None = None,
    require_client: bool = False,
) -> Iterator[ServerPeer]:
    """``gnutls-serv --echo``."""
    files = (who or authority.identity()).files
    asked = ("--require-client-cert", "--verify-client-cert") if require_client else ()
    # It cannot be told to choose a port, so another program may be faster: try again.
    for _ in range(5):
        port = free_port()
        with running(
            *("gnutls-serv", "--echo", "--port", str(port), "--priority", _PRIORITY[version]),
            *("--x509certfile", str(files.chain), "--x509keyfile", str(files.key)),
            *("--x509cafile", str(authority.trust_file()), *asked, *options),
        ) as program:
            ready = program.expect(r"IPv4 .* port (\d+)\.\.\.(done|.*(?:fail|rror).*)")
            if ready.group(2) != "done":
                continue
            yield ServerPeer(port, _gnutls_told(program, r"^- Cipher: .*\n"), bytes, program)
            return
    raise AssertionError("no free port for gnutls-serv")


@contextlib.contextmanager
def gnutls_client(
    port: int,
    who: authority.Identity | None = None,
    *options: str,
    version: str | None = None,
) -> Iterator[ClientPeer]:
    """``gnutls-cli`` that verifies our certificate and our name."""
    mine: tuple[str, ...] = ()
    if who is not None:
        mine = ("--x509certfile", str(who.files.chain), "--x509keyfile", str(who.files.key))
    with running(
        *("gnutls-cli", "--port", str(port), "--priority", _PRIORITY[version]),
        *("--x509cafile", str(authority.trust_file()), "--sni-hostname", authority.HOST),
        *("--verify-hostname", authority.HOST, *mine, *options, LOOPBACK),
    ) as program:
        yield ClientPeer(program, _gnutls_told(program, r"Handshake was completed"))


# ---- curl


@contextlib.contextmanager
def curl(
    port: int,
    who: authority.Identity | None = None,
    *options: str,
    version: str | None = None,
    path: str = "/",
) -> Iterator[Program]:
    """``curl`` asking for ``https://localhost:port/`` with our address given by hand."""
    limits: tuple[str, ...] = ()
    if version is not None:
        number = version.removeprefix("TLSv")
        limits = (f"--tlsv{number}", "--tls-max", number)
    mine: tuple[str, ...] = ()
    if who is not None:
        mine = ("--cert", str(who.files.chain), "--key", str(who.files.key))
    with running(
        *("curl", "--silent", "--show-error", "--verbose", "--noproxy", "*", "--no-alpn"),
        *("--max-time", str(int(PATIENCE)), "--cacert", str(authority.trust_file())),
        *("--resolve", f"{authority.HOST}:{port}:{LOOPBACK}", *limits, *mine, *options),
        f"https://{authority.HOST}:{port}{path}",
    ) as program:
        yield program
