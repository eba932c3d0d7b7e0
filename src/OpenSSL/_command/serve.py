"""``serve``: an HTTPS server that shows visitors what their connection negotiated."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from typing import Any

import click
from rich.text import Text

from OpenSSL import SSL

from . import files, hosts
from .authority import Authority
from .connect import ask_passphrase
from .console import output
from .counts import Counts
from .failures import Failure
from .keylog import log_keys
from .listener import Listener, open_ports
from .options import alpn_names
from .printable import printable
from .refusals import reasons
from .sanity import refuse_unservable
from .settings import VERSIONS, set_ciphers
from .target import ascii_name, is_address

__all__ = ["serve"]

EXAMPLES = """\b
Examples:
  brisktls serve
  brisktls serve --write-ca ca.pem
  curl --cacert ca.pem https://localhost:8443/
  brisktls serve --host 0.0.0.0 --port 443 --cert site.pem
"""


@click.command(epilog=EXAMPLES)
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8443,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--cert",
    multiple=True,
    metavar="FILE|URI",
    help="Certificate and its chain, PEM; several are chosen by name and kind of key.",
)
@click.option(
    "--key",
    multiple=True,
    metavar="FILE|URI",
    help="Its private key, PEM or as pkcs11:token=...  [default: in --cert].",
)
@click.option(
    "--staple", multiple=True, metavar="FILE", help="Staple this OCSP response while it holds."
)
@click.option("--name", multiple=True, metavar="NAME", help="Names for a self-made certificate.")
@click.option("--write-ca", metavar="FILE", help="Write the self-made authority to FILE.")
@click.option("--client-ca", metavar="FILE", help="Demand client certificates from these, PEM.")
@click.option("--min", "minimum", type=click.Choice(list(VERSIONS)), help="Oldest TLS to accept.")
@click.option("--max", "maximum", type=click.Choice(list(VERSIONS)), help="Newest TLS to accept.")
@click.option(
    "--ciphers", metavar="LIST", help="OpenSSL cipher string; TLS_... names are TLS 1.3 suites."
)
@click.option("--alpn", multiple=True, metavar="LIST", help="Agree to these  [default: http/1.1].")
@click.option("--keylog", metavar="FILE", help="Append the secrets to FILE, for Wireshark.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=86400),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="For a handshake, a request, and between requests.",
)
@click.option("--quiet", is_flag=True, help="Print no line for each request.")
def serve(**options: Any) -> None:
    """Serve HTTPS: a page that tells visitors what they negotiated.

    Browsers get a page, curl gets text.  Without --cert an authority and a
    certificate for localhost (and every --name) are made in memory.  Ctrl-C
    ends the server.
    """
    _consistent(options)
    context, authority = _context(options)
    ports = open_ports(options["host"], options["port"])
    counts = Counts(quiet=options["quiet"])
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(port)
        if authority and options["write_ca"]:
            _write(options["write_ca"], authority.pem())
        if options["keylog"]:
            # Connections keep the callbacks of the context that they were made with.
            log_keys(context, options["keylog"], stack)
        Listener(context, ports, options["timeout"], counts).run(
            lambda: _announce(options, ports, authority)
        )
    console = output()
    if console.is_terminal:
        # The terminal has written ^C at the start of this line.
        console.print()
    console.print(Text(counts.summary()), soft_wrap=True)


def _consistent(options: dict[str, Any]) -> None:
    if options["key"] and len(options["key"]) != len(options["cert"]):
        raise click.UsageError("--key goes with --cert: as many of the one as of the other")
    if options["staple"] and not options["cert"]:
        raise click.UsageError("--staple needs --cert")
    if options["cert"] and (options["name"] or options["write_ca"]):
        raise click.UsageError("--name and --write-ca are for a self-made certificate, not --cert")
    if options["minimum"] and options["maximum"] and options["minimum"] > options["maximum"]:
        raise click.UsageError("--min is newer than --max")
    for name in options["name"]:
        try:
            if not is_address(name):
                ascii_name(name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def _context(options: dict[str, Any]) -> tuple[SSL.Context, Authority | None]:
    authority = None
    if options["cert"]:
        served = hosts.contexts(options["cert"], options["key"], options["ciphers"], ask_passphrase)
    else:
        authority = Authority()
        served = [([], SSL.Context(SSL.TLS_SERVER_METHOD))]
        authority.issue(_names(options)).install(served[0][1])
    for _, context in served:
        _configure(context, options)
    hosts.choose_by_name(served)
    if options["staple"]:
        hosts.staple(served, options["cert"], options["key"], options["staple"], ask_passphrase)
    return served[0][1], authority


def _configure(context: SSL.Context, options: dict[str, Any]) -> None:
    if options["ciphers"]:
        set_ciphers(context, options["ciphers"])
    if options["minimum"]:
        context.set_min_proto_version(VERSIONS[options["minimum"]])
    if options["maximum"]:
        context.set_max_proto_version(VERSIONS[options["maximum"]])
    context.set_session_id(b"brisktls serve")
    names = alpn_names(options["alpn"]) or ("http/1.1",)
    context.set_alpn_select_callback(functools.partial(_select, [each.encode() for each in names]))
    refuse_unservable(context, options["minimum"], options["maximum"])
    if options["client_ca"]:
        _demand(context, options["client_ca"])


def _names(options: dict[str, Any]) -> list[str]:
    names = [*options["name"], "localhost", "127.0.0.1", "::1"]
    host = options["host"]
    # A server on a certain address is asked for by it; 0.0.0.0 is nobody's.
    if host not in names and host not in ("", "0.0.0.0", "::"):
        names.insert(len(options["name"]), host)
    return names


def _demand(context: SSL.Context, path: str) -> None:
    name = files.reusable(path)
    try:
        context.load_verify_locations(name)
        context.load_client_ca(os.fsencode(files.reusable(path)))
    except SSL.Error as error:
        said = "; ".join(reasons(error))
        raise Failure("file", f"cannot use {printable(path)}: {said}") from error
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)


def _select(ours: list[bytes], connection: SSL.Connection, offered: list[bytes]) -> Any:
    return next((each for each in ours if each in offered), SSL.NO_OVERLAPPING_PROTOCOLS)


def _write(path: str, data: bytes) -> None:
    try:
        with open(files.open_private(path, append=False), "wb") as file:
            file.write(data)
    except OSError as error:
        line = f"cannot write {printable(path)}: {error.strerror or error}"
        raise Failure("file", line) from error


def _announce(
    options: dict[str, Any], ports: list[socket.socket], authority: Authority | None
) -> None:
    host = options["host"]
    if host in ("", "0.0.0.0", "::"):
        host = "localhost"
    shown = f"[{host}]" if ":" in host else host
    port = ports[0].getsockname()[1]
    console = output()
    title = Text.assemble("listening on ", (f"https://{shown}:{port}/", "bold"))
    console.print(title, soft_wrap=True)
    if authority:
        trust = "trust it with " + (
            f"curl --cacert {printable(options['write_ca'])}"
            if options["write_ca"]
            else "--write-ca FILE and curl --cacert FILE"
        )
        line = f"certificate made just now, for {authority.days} days; {trust}"
        console.print(Text(line), soft_wrap=True)
    console.print(Text("Ctrl-C ends the server"))
