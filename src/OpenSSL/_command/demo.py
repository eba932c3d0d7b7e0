"""``demo``: TLS in both roles over the loopback, checked from end to end."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from OpenSSL import SSL
from OpenSSL.version import __distribution_version__

from . import report
from .authority import Authority
from .console import errors, is_terminal, output, print_facts, print_json
from .exchange import Result, Server, Tick, exchange, quiet, random_data
from .failures import Failure
from .handshake import described, facts, peer_chain
from .refusals import reasons
from .settings import VERSIONS

__all__ = ["demo"]

NAME = "demo.brisktls.example"
ALPN = b"brisktls-demo"
_MIB = 1 << 20
_TIMEOUT = 30.0

EXAMPLES = """\b
Examples:
  brisktls demo
  brisktls demo --size 1000 --tls 1.2
  brisktls demo --json
"""


@dataclass
class Findings:
    """What the demo saw, and which of its checks held."""

    size: int
    data: dict[str, Any] = field(default_factory=dict)
    checks: list[tuple[str, bool]] = field(default_factory=list)

    def check(self, words: str, held: bool) -> None:
        """Note the outcome of one check."""
        self.checks.append((words, held))

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return all(held for _, held in self.checks)


@click.command(epilog=EXAMPLES)
@click.option(
    "--size",
    type=click.IntRange(1, 1 << 20),
    default=100,
    show_default=True,
    metavar="MIB",
    help="How many MiB of random data to move each way.",
)
@click.option("--tls", type=click.Choice(["1.2", "1.3"]), help="Use this version of TLS only.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(size: int, tls: str | None, as_json: bool) -> None:
    """Watch TLS work: a server and a verifying client in this process.

    Makes an authority and certificates in memory, starts a threaded server on
    a free loopback port, connects a client that verifies it, moves random
    data each way, compares checksums and resumes the session.  Ends with
    status 0 only if all of it held.  Nothing leaves this machine.
    """
    console = output()
    if not as_json:
        title = f"brisktls {__distribution_version__}: TLS between two threads over 127.0.0.1"
        console.print(Text(title, style="bold"))
        console.print()
    findings = Findings(size * _MIB)
    try:
        _play(findings, tls)
    except (SSL.Error, OSError) as error:
        said = "; ".join(reasons(error)) if isinstance(error, SSL.Error) else ""
        raise Failure("failed", f"demo: {said or error or type(error).__name__}") from error
    if as_json:
        print_json({"ok": findings.ok, **findings.data, "checks": dict(findings.checks)})
    else:
        _show(findings)
    if not findings.ok:
        broken = ", ".join(words for words, held in findings.checks if not held)
        # The JSON has been printed; a second document would spoil it.
        if as_json:
            raise click.exceptions.Exit(1)
        raise Failure("failed", f"demo: did not hold: {broken}")


def _play(findings: Findings, tls: str | None) -> None:
    start = time.monotonic()
    authority = Authority("brisktls demo authority", days=30)
    leaf = authority.issue([NAME, "localhost", "127.0.0.1"])
    findings.data["made_certificates_seconds"] = round(time.monotonic() - start, 6)
    serving = _context(SSL.TLS_SERVER_METHOD, tls)
    leaf.install(serving)
    serving.set_session_id(b"brisktls demo")
    serving.set_alpn_select_callback(_select)
    names: list[bytes | None] = []
    serving.set_tlsext_servername_callback(lambda each: names.append(each.get_servername()))
    asking = _context(SSL.TLS_CLIENT_METHOD, tls)
    store = asking.get_cert_store()
    assert store is not None, "a new context has a store"
    store.add_cert(authority.certificate)
    with Server(serving, findings.size) as server:
        session = _first(findings, server, asking)
        _second(findings, server, asking, session)
        _stranger(findings, server, _context(SSL.TLS_CLIENT_METHOD, tls))
    asked = names == [NAME.encode("ascii")] * 3
    findings.check(f"the server saw the name asked for, {NAME}", asked)
    findings.check("both sides closed cleanly", server.closed_cleanly == 2 and not server.failures)


def _first(findings: Findings, server: Server, context: SSL.Context) -> SSL.Session | None:
    start = time.monotonic()
    with _connected(context, server.port) as connection:
        handshake = time.monotonic() - start
        data = random_data(findings.size)
        with _progress(findings.size) as (up, down):
            result = exchange(connection, data, findings.size, up, down)
        chain = peer_chain(connection, verified=True)
        findings.data |= {
            "size": findings.size,
            "address": f"127.0.0.1:{server.port}",
            **facts(connection),
            "handshake_seconds": round(handshake, 6),
            "chain": described(chain, pem=False),
            **_speeds(result, findings.size),
        }
        held = len(chain) == 2 and connection.get_verify_result() == 0
        findings.check("the chain and the host name were verified", held)
        agreed = connection.get_alpn_proto_negotiated() == ALPN
        findings.check(f"both agreed on {ALPN.decode()} by ALPN", agreed)
        amount = f"{findings.size // _MIB} MiB"
        findings.check(f"{amount} reached the server, SHA-256 equal", result.to_server_equal)
        findings.check(f"{amount} reached the client, SHA-256 equal", result.to_client_equal)
        return connection.get_session()


def _second(
    findings: Findings, server: Server, context: SSL.Context, session: SSL.Session | None
) -> None:
    start = time.monotonic()
    with _connected(context, server.port, session) as connection:
        findings.data["resumed_handshake_seconds"] = round(time.monotonic() - start, 6)
        findings.data["resumed"] = resumed = connection.session_reused()
        result = exchange(connection, random_data(_MIB), _MIB, quiet, quiet)
    moved = result.to_server_equal and result.to_client_equal
    findings.check("a second connection resumed the session", resumed and moved)


def _stranger(findings: Findings, server: Server, context: SSL.Context) -> None:
    """A client that does not know the authority must not get through."""
    refused = False
    try:
        with _connected(context, server.port):
            pass
    except SSL.Error as error:
        refused = any("certificate verify failed" in each for each in reasons(error))
    findings.check("a client that does not know the authority refused", refused)


def _context(method: int, tls: str | None) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(VERSIONS[tls or "1.2"])
    if tls:
        context.set_max_proto_version(VERSIONS[tls])
    if method == SSL.TLS_CLIENT_METHOD:
        context.set_verify(SSL.VERIFY_PEER)
        context.set_alpn_protos([ALPN, b"http/1.1"])
    return context


def _select(connection: SSL.Connection, offered: list[bytes]) -> Any:
    return ALPN if ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS


@contextlib.contextmanager
def _connected(
    context: SSL.Context, port: int, session: SSL.Session | None = None
) -> Iterator[SSL.Connection]:
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as sock:
        connection = SSL.Connection(context, sock)
        connection.set_connect_state()
        connection.set_tlsext_host_name(NAME.encode("ascii"))
        connection.set_host(NAME)
        if session is not None:
            connection.set_session(session)
        connection.do_handshake()
        yield connection
        if not connection.shutdown():
            with contextlib.suppress(SSL.ZeroReturnError):
                connection.recv(1)


@contextlib.contextmanager
def _progress(size: int) -> Iterator[tuple[Tick, Tick]]:
    console = errors()
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(None),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
    )
    hidden = not is_terminal(console.file)
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        up = progress.add_task("to the server", total=size)
        down = progress.add_task("to the client", total=size)
        yield (
            lambda count: progress.advance(up, count),
            lambda count: progress.advance(down, count),
        )


def _speeds(result: Result, size: int) -> dict[str, float]:
    return {
        "to_server_mb_per_second": round(size / result.to_server_seconds / 1e6, 1),
        "to_client_mb_per_second": round(size / result.to_client_seconds / 1e6, 1),
    }


def _show(findings: Findings) -> None:
    console, data = output(), findings.data
    full, short = data["handshake_seconds"] * 1000, data["resumed_handshake_seconds"] * 1000
    rows: list[tuple[str, str | Text]] = [
        ("Address", data["address"]),
        ("Protocol", data["protocol"]),
        ("Cipher", f"{data['cipher']}, {data['cipher_bits']} bits"),
        ("Group", data["group"] or "not known"),
        ("Server name", NAME),
        ("ALPN", data["alpn"] or "none"),
        ("Handshake", f"{full:.1f} ms"),
        ("Resumed", f"yes, in {short:.1f} ms" if data["resumed"] else "no"),
        ("To server", f"{data['to_server_mb_per_second']:.0f} MB/s"),
        ("To client", f"{data['to_client_mb_per_second']:.0f} MB/s"),
    ]
    print_facts(console, rows)
    console.print()
    report.show_chain(console, data["chain"], "as verified")
    console.print()
    for words, held in findings.checks:
        mark = ("  ok      ", "green") if held else ("  FAILED  ", "bold red")
        console.print(Text.assemble(mark, words))
    console.print()
    if findings.ok:
        console.print(Text("All of it held.", style="bold green"))
