"""Where to connect: reading ``HOST[:PORT]``, resolving it and opening the socket."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import idna

from OpenSSL._face.common.hosts import ends_in_number

from . import proxies
from .failures import Failure, from_os_error
from .printable import printable
from .waiting import Deadline

__all__ = ["Opened", "Route", "Target", "open_socket", "parse"]


@dataclass(frozen=True)
class Target:
    """A host, as a name or an address, and a port."""

    host: str
    port: int

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, so that no name can be sent or checked."""
        return is_address(self.host)

    @property
    def ascii_host(self) -> str:
        """The host as DNS and certificates write it: ASCII, without a final dot."""
        return ascii_name(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{printable(host)}:{self.port}"


def is_address(host: str) -> bool:
    """Return whether *host* is an IP address; a zone (``fe80::1%eth0``) may follow."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def ascii_name(name: str) -> str:
    """Return a host name in ASCII, or raise ValueError.

    Other letters are written by IDNA 2008, as registries and browsers do; the
    ``idna`` codec of Python follows IDNA 2003, where faß.de is another's fass.de.
    """
    bare = name[:-1] if name.endswith(".") else name
    try:
        plain = bare if bare.isascii() else idna.encode(bare, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        why = printable(str(error))
        raise ValueError(f"not a host name: {printable(name)!r} ({why})") from error
    if len(plain) > 253 or not re.fullmatch(r"[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*", plain):
        raise ValueError(f"not a host name: {printable(name)!r}")
    if ends_in_number(plain.encode("ascii")):
        # Resolvers would read it as an address, each in its own way.
        raise ValueError(f"not an IP address in its usual spelling: {printable(name)!r}")
    return plain


#: Ports of services by name, for machines without a list of them.
_SERVICES = {
    "amqps": 5671,
    "ftps": 990,
    "https": 443,
    "imaps": 993,
    "ircs": 6697,
    "ldaps": 636,
    "mqtts": 8883,
    "pop3s": 995,
    "smtps": 465,
    "submissions": 465,
    "wss": 443,
}


def parse(text: str, default_port: int) -> Target:
    """Read ``host``, ``host:port``, ``[address]:port``, a bare IPv6 address, or a URL.

    A port may be the name of a service, as in ``host:https``; of a URL only host and
    port count.
    """
    scheme, slashes, rest = text.partition("://")
    if slashes:
        default_port = _service(scheme)
        text = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if "@" in text:
            raise ValueError("names and passwords in URLs are not taken")
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"expected [ADDRESS]:PORT, not {printable(text)!r}")
        if ":" not in host or not is_address(host):
            raise ValueError(f"not an IPv6 address: {printable(host)!r}")
        port = rest[1:]
        if rest == ":":
            raise ValueError("the port after ':' is missing")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        if not port:
            raise ValueError("the port after ':' is missing")
    if not is_address(host):
        ascii_name(host)
    if not port:
        return Target(host, default_port)
    if not port.isdigit():
        return Target(host, _service(port))
    if not port.isascii() or not 0 < int(port) < 65536:
        raise ValueError(f"not a port number: {printable(port)!r}")
    return Target(host, int(port))


def _service(name: str) -> int:
    known = _SERVICES.get(name.lower())
    if known is None and re.fullmatch(r"[A-Za-z][A-Za-z0-9+-]*", name):
        with contextlib.suppress(OSError):
            known = socket.getservbyname(name, "tcp")
    if known is None:
        raise ValueError(f"not a port or the name of a service: {printable(name)!r}")
    return known


@dataclass
class Opened:
    """A connected socket that does not block, and how long it took to get it."""

    socket: socket.socket
    address: str
    family: str
    resolve_seconds: float
    connect_seconds: float


@dataclass(frozen=True)
class Route:
    """How to get to a target, where that is not by its own address over TCP."""

    #: An address family, to use no other.
    family: int = socket.AF_UNSPEC
    #: Somebody else to connect to.
    instead: Target | None = None
    #: The path of a Unix socket.
    unix: str | None = None
    #: The URL of a proxy.
    proxy: str | None = None
    #: Datagrams, for DTLS.
    datagrams: bool = False


def open_socket(target: Target, deadline: Deadline, route: Route | None = None) -> Opened:
    """Resolve *target* and connect to the first of its addresses that answers."""
    route = route or Route()
    if route.unix:
        return _open_unix(route.unix, deadline)
    target = route.instead or target
    if route.proxy:
        return proxies.open_through(route.proxy, target, deadline)
    start = time.monotonic()
    found = _resolve(target, deadline, route)
    resolved = time.monotonic()
    failure: Failure | None = None
    for place, (family, kind, protocol, _, address) in enumerate(found):
        try:
            # A fair share of the time each, so that one silent address does not eat it all.
            share = deadline.remaining() / (len(found) - place)
            sock = _connect(family, kind, protocol, address, share)
        except OSError as error:
            failure = _worse(failure, from_os_error(error, f"cannot connect to {target}"))
            continue
        shown = f"[{address[0]}]" if ":" in str(address[0]) else str(address[0])
        return Opened(
            sock,
            f"{shown}:{address[1]}",
            "IPv6" if family == socket.AF_INET6 else "IPv4",
            resolved - start,
            time.monotonic() - resolved,
        )
    raise failure or Failure("name-resolution", f"{target.host} has no address")


def _worse(first: Failure | None, second: Failure) -> Failure:
    """Of two addresses' failures, the one that says more: "no route" says least."""
    if first is None or first.kind == "unreachable":
        return second
    return first


def _connect(family: int, kind: int, protocol: int, address: Any, seconds: float) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(seconds)
        sock.connect(address)
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _open_unix(path: str, deadline: Deadline) -> Opened:
    start = time.monotonic()
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(deadline.remaining())
        sock.connect(path)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise from_os_error(error, f"cannot connect to {printable(path)}") from error
    return Opened(sock, printable(path), "Unix", 0.0, time.monotonic() - start)


def _resolve(target: Target, deadline: Deadline, route: Route) -> list[Any]:
    """Look the host up in a thread of its own: the resolver knows no timeout."""
    answer: list[Any] = []
    what = f"cannot resolve {printable(target.host)}"

    def look() -> None:
        try:
            host = target.host if target.is_address else target.ascii_host
            kind = socket.SOCK_DGRAM if route.datagrams else socket.SOCK_STREAM
            answer.append(socket.getaddrinfo(host, target.port, route.family, kind))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    thread = threading.Thread(target=look, name="resolver", daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not answer:
        raise Failure("timeout", f"{what}: no answer in {deadline.seconds:g} s")
    if isinstance(answer[0], socket.gaierror):
        raise from_os_error(answer[0], what)
    if isinstance(answer[0], Exception):
        raise from_os_error(OSError(errno.EINVAL, str(answer[0])), what)
    return list(answer[0])
