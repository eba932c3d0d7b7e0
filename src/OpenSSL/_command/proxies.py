"""Connections through HTTP and SOCKS proxies, by the python-socks library."""

from __future__ import annotations

import ipaddress
import os
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

from .failures import Failure
from .printable import printable
from .waiting import Deadline

if TYPE_CHECKING:
    from .target import Opened, Target

__all__ = ["check", "from_environment", "open_through"]

_SCHEMES = {"http": "http", "socks4": "socks4", "socks5": "socks5", "socks5h": "socks5"}


def from_environment(host: str) -> str | None:
    """Return the proxy that the environment names for *host*; never one for this machine."""
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    if local or urllib.request.proxy_bypass(host):
        return None
    known = urllib.request.getproxies()
    found = known.get("https") or known.get("all")
    return f"http://{found}" if found and "://" not in found else found


def check(url: str) -> None:
    """Raise ValueError unless *url* is that of a proxy of a kind that is known."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname or not parts.port:
        kinds = ", ".join(f"{each}://HOST:PORT" for each in _SCHEMES)
        given = shown(url) if parts.scheme else printable(url.rpartition("@")[2])
        raise ValueError(f"not a proxy: {given!r}; known are {kinds}")


def shown(url: str) -> str:
    """Return *url* without the name and password that may be in it."""
    parts = urllib.parse.urlsplit(url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")


def _words(error: BaseException) -> str:
    """Return what the system said of *error*, or of the one behind it."""
    for each in (error, error.__cause__, error.__context__):
        if isinstance(each, OSError) and each.errno and each.errno > 0:
            return os.strerror(each.errno).lower()
    return printable(str(error))


def open_through(url: str, target: Target, deadline: Deadline) -> Opened:
    """Connect to *target* through the proxy at *url*, which also looks the name up."""
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
    from python_socks.sync import Proxy

    from .target import Opened

    check(url)
    start = time.monotonic()
    what = f"{target}, through {shown(url)}"
    known = _SCHEMES[urllib.parse.urlsplit(url).scheme] + url[url.index("://") :]
    host = target.host if target.is_address else target.ascii_host
    try:
        proxy = Proxy.from_url(known, rdns=True)
        sock = proxy.connect(dest_host=host, dest_port=target.port, timeout=deadline.remaining())
    except (ProxyTimeoutError, TimeoutError) as error:
        raise Failure("timeout", f"{what}: no answer in time") from error
    except ProxyError as error:
        raise Failure("proxy", f"{what}: the proxy said no: {printable(str(error))}") from error
    except (ProxyConnectionError, OSError) as error:
        reached = (
            "the proxy cannot be used" if isinstance(error, ProxyConnectionError) else "failed"
        )
        raise Failure("proxy", f"{what}: {reached}: {_words(error)}") from error
    sock.setblocking(False)
    return Opened(sock, f"{target} through {shown(url)}", "proxy", 0.0, time.monotonic() - start)
