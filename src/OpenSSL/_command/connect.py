"""``connect``: one TLS connection, verified, and a report of it."""

from __future__ import annotations

import sys
from typing import Any

import click

from . import pipe, report
from .chain import presented
from .console import is_terminal, output, print_json, warn
from .dial import Call, dial, settle
from .failures import Failure
from .handshake import described, facts, peer_chain, session_facts
from .printable import printable
from .settings import VERSIONS, Settings
from .starttls import PROTOCOLS
from .target import ascii_name, is_address, parse

__all__ = ["alpn_names", "ask_passphrase", "connect"]

EXAMPLES = """\b
Examples:
  brisktls connect example.com
  brisktls connect [::1]:8443 --cafile ca.pem --servername localhost
  brisktls connect mail.example.com --starttls smtp --json
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | brisktls connect example.com --pipe
"""


@click.command(epilog=EXAMPLES)
@click.argument("target", metavar="HOST[:PORT]")
@click.option("--servername", metavar="NAME", help="Ask for NAME and verify it instead of HOST.")
@click.option("--alpn", multiple=True, metavar="LIST", help="Offer protocols, as in h2,http/1.1.")
@click.option("--cafile", metavar="FILE", help="Trust the authorities in this PEM file only.")
@click.option("--capath", metavar="DIR", help="Trust the authorities in this hashed directory.")
@click.option("--cert", metavar="FILE", help="Client certificate and its chain, PEM.")
@click.option("--key", metavar="FILE", help="Its private key, PEM  [default: in --cert].")
@click.option(
    "--min",
    "minimum",
    type=click.Choice(list(VERSIONS)),
    help="Oldest TLS to accept; 1.0 and 1.1 also need --ciphers ALL:@SECLEVEL=0.",
)
@click.option("--max", "maximum", type=click.Choice(list(VERSIONS)), help="Newest TLS to offer.")
@click.option(
    "--ciphers", metavar="LIST", help="OpenSSL cipher string; TLS_... names are TLS 1.3 suites."
)
@click.option(
    "--starttls", type=click.Choice(list(PROTOCOLS)), help="Talk this protocol first, then TLS."
)
@click.option("--starttls-name", metavar="NAME", help="Our name in EHLO  [default: our address].")
@click.option("--keylog", metavar="FILE", help="Append the secrets to FILE, for Wireshark.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=86400),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="For all up to the end of the handshake; with --pipe also for silence after it.",
)
@click.option("--insecure", is_flag=True, help="Go on with a peer that cannot be verified.")
@click.option("--showcerts", is_flag=True, help="Print the certificates in PEM form too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--pipe", "piped", is_flag=True, help="Standard input to the peer and back.")
@click.option(
    "--half-close", is_flag=True, help="With --pipe: send close_notify when the input ends."
)
def connect(**options: Any) -> None:
    """Connect to HOST, verify it, and report what was negotiated.

    The chain and the host name are both verified; a peer that fails is not
    talked to.  PORT is 443 unless given, or the usual one of --starttls.
    With --pipe there is no report: standard output carries the peer's bytes.
    """
    if options["piped"] and (options["as_json"] or options["showcerts"]):
        raise click.UsageError("--pipe prints no report: leave out --json and --showcerts")
    if options["half_close"] and not options["piped"]:
        raise click.UsageError("--half-close is for --pipe")
    if options["key"] and not options["cert"]:
        raise click.UsageError("--key needs --cert")
    call = _dial(options)
    try:
        if options["insecure"]:
            _say_what_was_not_checked(call)
        if options["piped"]:
            pipe.run(call, half_close=options["half_close"])
            return
        settle(call)
        data = summary(call, pem=options["showcerts"])
    finally:
        call.close()
    if options["as_json"]:
        print_json(data)
    else:
        report.show(output(), data)


def summary(call: Call, *, pem: bool = False) -> dict[str, Any]:
    """Return everything that is known of *call*, ready for JSON."""
    enforced = call.verdict.enforce
    chain = peer_chain(call.connection, verified=enforced)
    return {
        "ok": True,
        "host": call.target.host,
        "port": call.target.port,
        "address": call.opened.address,
        "family": call.opened.family,
        "starttls": call.starttls_protocol,
        "seconds": {
            "resolve": round(call.opened.resolve_seconds, 6),
            "connect": round(call.opened.connect_seconds, 6),
            "starttls": call.starttls_seconds and round(call.starttls_seconds, 6),
            "handshake": round(call.handshake_seconds, 6),
        },
        **facts(call.connection),
        "alpn_offered": list(call.settings.alpn),
        "verification": {
            "verified": enforced,
            "name": call.name,
            "problems": [finding.words for finding in call.verdict.findings],
        },
        "chain_kind": "as verified" if enforced else "as presented",
        "chain": described(chain, pem=pem),
        "presented": presented(chain, call.connection.get_peer_cert_chain() or []),
        "ocsp": call.staple_data,
        "session": session_facts(call.connection),
        "client_certificate_asked": call.certificate_asked,
        "client_certificate_sent": call.certificate_asked and bool(call.settings.certificate),
    }


def _dial(options: dict[str, Any]) -> Call:
    protocol = options["starttls"]
    port = PROTOCOLS[protocol][0] if protocol else 443
    try:
        target = parse(options["target"], port)
        if options["servername"] and not is_address(options["servername"]):
            ascii_name(options["servername"])
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    settings = Settings(
        cafile=options["cafile"],
        capath=options["capath"],
        certificate=options["cert"],
        key=options["key"],
        minimum=options["minimum"],
        maximum=options["maximum"],
        ciphers=options["ciphers"],
        alpn=alpn_names(options["alpn"]),
        starttls_name=options["starttls_name"] and _mail_name(options["starttls_name"]),
    )
    if settings.minimum and settings.maximum and settings.minimum > settings.maximum:
        raise click.UsageError("--min is newer than --max")
    return dial(
        target,
        settings,
        servername=options["servername"],
        insecure=options["insecure"],
        protocol=protocol,
        keylog=options["keylog"],
        timeout=options["timeout"],
        ask_passphrase=ask_passphrase,
    )


def alpn_names(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the protocols that ``--alpn`` names, or raise a usage error."""
    names = tuple(name.strip() for each in given for name in each.split(","))
    for name in names:
        if not name or not name.isascii() or not name.isprintable() or len(name) > 255:
            raise click.UsageError("--alpn takes names of 1 to 255 characters, as in h2,http/1.1")
    return names


def _mail_name(name: str) -> str:
    if not name.isascii() or not name.isprintable() or " " in name:
        raise click.UsageError("--starttls-name is a host name, or an address as in [192.0.2.1]")
    return name


def ask_passphrase(path: str) -> bytes:
    """Ask for a key's passphrase on the terminal; without one there is nobody to ask."""
    shown = printable(path)
    if not is_terminal(sys.stderr) or sys.stdin is None or not sys.stdin.isatty():
        raise Failure("file", f"{shown} needs a passphrase, and there is no terminal to ask on")
    return str(click.prompt(f"Passphrase for {shown}", hide_input=True, err=True)).encode()


def _say_what_was_not_checked(call: Call) -> None:
    warn("--insecure: neither the chain nor the host name was enforced;")
    warn("anybody between you and the peer can read and change what is sent.")
    for finding in call.verdict.findings:
        warn(f"would have failed: {finding.words}")
