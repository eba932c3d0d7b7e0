"""The options that every client command has, and what becomes of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from . import proxies
from .settings import DTLS_VERSIONS, VERSIONS, Settings
from .starttls import PROTOCOLS
from .target import Route, Target, ascii_name, is_address, parse

__all__ = [
    "Asked",
    "alpn_names",
    "asked",
    "client_options",
    "keylog_file",
    "reach_options",
    "scan_options",
]

_VERSION = click.Choice(list(VERSIONS))

_REACH = (
    click.option("--servername", metavar="NAME", help="Ask for NAME and verify it, not HOST."),
    click.option("-4", "ipv4", is_flag=True, help="Use IPv4 only."),
    click.option("-6", "ipv6", is_flag=True, help="Use IPv6 only."),
    click.option("--connect-to", metavar="HOST[:PORT]", help="Connect there, but ask for HOST."),
    click.option("--unix", metavar="PATH", help="Connect to this Unix socket, but ask for HOST."),
    click.option(
        "--proxy",
        metavar="URL",
        help="Go through http:// or socks5://; none: directly  [default: https_proxy].",
    ),
    click.option("--starttls", type=click.Choice(list(PROTOCOLS)), help="Talk this first."),
    click.option("--starttls-name", metavar="NAME", help="Our name in EHLO; for xmpp the domain."),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True, max=86400),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="Up to the handshake's end; with --pipe also for silence.",
    ),
)
_ALPN = (
    click.option("--alpn", multiple=True, metavar="LIST", help="Offer these, as in h2,http/1.1."),
)
_TRUST = (
    click.option("--cafile", metavar="FILE", help="Trust the authorities in this PEM file only."),
    click.option("--capath", metavar="DIR", help="Trust those in this hashed directory."),
    click.option("--crl", multiple=True, metavar="FILE", help="Revoked are those in this list."),
    click.option("--cert", metavar="FILE|URI", help="Client certificate and its chain, PEM."),
    click.option(
        "--key",
        metavar="FILE|URI",
        help="Its private key, PEM or as pkcs11:token=...  [default: in --cert].",
    ),
)
_OFFER = (
    click.option(
        "--min",
        "minimum",
        type=_VERSION,
        help="Oldest TLS to accept; 1.0 and 1.1 also need --ciphers ALL:@SECLEVEL=0.",
    ),
    click.option("--max", "maximum", type=_VERSION, help="Newest TLS to offer."),
    click.option("--ciphers", metavar="LIST", help="Cipher string; TLS_... are TLS 1.3 suites."),
    click.option("--groups", metavar="LIST", help="Groups for the keys, as in X25519:P-256."),
    click.option("--sigalgs", metavar="LIST", help="Signatures, as in ECDSA+SHA256:ed25519."),
)
_DTLS = (click.option("--dtls", is_flag=True, help="DTLS over UDP instead of TLS over TCP."),)


def _all(options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


#: How to get to the peer.
reach_options = _all(_REACH)
#: What to offer it, and whom to trust.
client_options = _all(_ALPN + _TRUST + _OFFER + _DTLS)
#: The same without what a scan finds out by itself.
scan_options = _all(_ALPN + _TRUST + _DTLS)


@dataclass(frozen=True)
class Asked:
    """Whom to connect to, how, and with what."""

    target: Target
    servername: str | None
    protocol: str | None
    route: Route
    settings: Settings
    timeout: float

    @property
    def name(self) -> str:
        """The name that is asked for and verified, as certificates write it."""
        name = self.servername or self.target.host
        return name.partition("%")[0] if is_address(name) else ascii_name(name)


def asked(options: dict[str, Any]) -> Asked:
    """Return what a command line asks for, or raise a usage error."""
    protocol = options["starttls"]
    try:
        target = parse(options["target"], PROTOCOLS[protocol][0] if protocol else 443)
        if options["servername"] and not is_address(options["servername"]):
            ascii_name(options["servername"])
        route = _route(options, target)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    settings = _settings(options)
    return Asked(target, options["servername"], protocol, route, settings, options["timeout"])


def _route(options: dict[str, Any], target: Target) -> Route:
    dtls = options.get("dtls", False)
    if options["ipv4"] and options["ipv6"]:
        raise ValueError("-4 and -6 exclude each other")
    ways = [each for each in ("connect_to", "unix") if options[each]]
    if len(ways) > 1:
        raise ValueError("--connect-to and --unix exclude each other")
    if dtls and (options["unix"] or options["starttls"] or options["proxy"]):
        raise ValueError("--dtls goes without --unix, --starttls and --proxy")
    instead = options["connect_to"] and parse(options["connect_to"], target.port)
    proxy = options["proxy"]
    if proxy is None and not dtls and not options["unix"]:
        proxy = proxies.from_environment((instead or target).host)
    if proxy in ("", "none"):
        proxy = None
    if proxy:
        proxies.check(proxy)
    family = socket.AF_INET if options["ipv4"] else socket.AF_INET6 if options["ipv6"] else 0
    return Route(family, instead or None, options["unix"], proxy, dtls)


def _settings(options: dict[str, Any]) -> Settings:
    if options.get("key") and not options["cert"]:
        raise click.UsageError("--key needs --cert")
    settings = Settings(
        cafile=options.get("cafile"),
        capath=options.get("capath"),
        crls=options.get("crl") or (),
        certificate=options.get("cert"),
        key=options.get("key"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        ciphers=options.get("ciphers"),
        groups=options.get("groups"),
        sigalgs=options.get("sigalgs"),
        alpn=alpn_names(options.get("alpn") or ()),
        datagrams=options.get("dtls", False),
        starttls_name=options["starttls_name"] and _mail_name(options["starttls_name"]),
    )
    if settings.minimum and settings.maximum and settings.minimum > settings.maximum:
        raise click.UsageError("--min is newer than --max")
    for version in (settings.minimum, settings.maximum):
        if settings.datagrams and version and version not in DTLS_VERSIONS:
            raise click.UsageError(f"DTLS has no version {version}: there are 1.0 and 1.2")
    return settings


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


def keylog_file(option: str | None) -> str | None:
    """Return the file for secrets: the option's, or that of the variable browsers know."""
    return option or os.environ.get("SSLKEYLOGFILE") or None
