"""From the address of a store to a client: of one server, of a cluster, or by sentinels."""

from __future__ import annotations

import os
import threading
from urllib.parse import parse_qs, unquote, urlsplit

from OpenSSL._face.common.foreign import needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from OpenSSL.SSL import Context

__all__ = ["Cluster", "client_for"]

SECURE = {"valkeys", "rediss"}
SCHEMES = {"valkey", "redis", "unix", *SECURE}
SENTINEL_PORT = 26379


def client_for(url: str, context: Context | None, options: dict[str, Any]) -> tuple[Any, bool]:
    """A client for the address, and whether it is a cluster's; nothing is connected yet.

    Raises ValueError if the address is not such a one, ImportError without the client.
    """
    needed("valkey")
    parts = _parts(url)
    scheme, plus, kind = parts.scheme.partition("+")
    secure = scheme in SECURE
    if scheme not in SCHEMES or (
        plus and (kind not in {"cluster", "sentinel"} or scheme == "unix")
    ):
        raise ValueError(f"{url.split('://')[0]}:// is not the address of a store")
    if context is not None and not secure:
        raise ValueError("a context is given, but the address does not ask for TLS")
    if secure:
        from OpenSSL.fleet.valkey_tls import connection_over

        options["connection_class"] = connection_over(context)
    who = {"username": _plain(parts.username), "password": _plain(parts.password)}
    if kind == "sentinel":
        return _by_sentinels(parts, who, options), False
    options |= who
    if kind == "cluster":
        if parts.path.strip("/"):
            raise ValueError("a cluster has no numbered databases")
        return Cluster(_cluster(parts.hostname or "localhost", parts.port or 6379, options)), True
    if scheme == "unix":
        del options["socket_keepalive"]
        unix: Any = needed("valkey").UnixDomainSocketConnection
        return _pooled(connection_class=unix, path=parts.path, **options), False
    database = parts.path.strip("/") or parse_qs(parts.query).get("db", ["0"])[0]
    place = {"host": parts.hostname or "localhost", "port": parts.port or 6379}
    if not database.isdecimal():
        raise ValueError(
            "after the host stands the number of a database, as in valkey://localhost/0"
        )
    return _pooled(**place, db=int(database), **options), False


def _parts(url: str) -> Any:
    """Take an address apart; an error does not repeat it, for it may have a password."""
    try:
        url.encode()
        parts = urlsplit(url)
        if "+sentinel" not in parts.scheme:  # which has several hosts
            _ = parts.port
    except ValueError:
        parts = None
    if parts is None:
        raise ValueError(
            "the address of a store is not understood: the port is a number up to 65535, and in "
            "a password the characters /, #, ?, @ and : are written as %2F, %23, %3F, %40 and %3A"
        )
    return parts


def _plain(text: str | None) -> str | None:
    return unquote(text) if text else None


def _pooled(**options: Any) -> Any:
    """A client that closes its connections when it is closed."""
    import valkey

    return valkey.Valkey.from_pool(valkey.ConnectionPool(**options))


def _by_sentinels(parts: Any, who: dict[str, Any], options: dict[str, Any]) -> Any:
    import valkey.sentinel

    service = parts.path.strip("/")
    if not service:
        raise ValueError("the address of sentinels ends with the name of the service")
    asked = parse_qs(parts.query)
    names = {word: asked.get(f"sentinel_{word}", [None])[0] for word in ("username", "password")}
    plain: Any = valkey.sentinel.Sentinel
    # Made here, as its own cannot have our connections.
    manager = plain([])
    manager.sentinels = [
        _pooled(host=host, port=port, **names, **options)
        for host, port in map(_place, parts.netloc.rpartition("@")[2].split(","))
    ]
    if "connection_class" in options:
        from OpenSSL.fleet.valkey_tls import to_the_primary

        options = {**options, "connection_class": to_the_primary(options["connection_class"])}
    return manager.master_for(service, **who, **options)


def _place(text: str) -> tuple[str, int]:
    """``host:port``, ``host`` or ``[address]:port`` of a sentinel."""
    found = urlsplit(f"//{text}")
    return found.hostname or "localhost", found.port or SENTINEL_PORT


def _cluster(host: str, port: int, options: dict[str, Any]) -> Callable[[], Any]:
    import valkey

    # Of an address, not of a host and a port: only so it takes connections of another class.
    url = f"valkey://[{host}]:{port}" if ":" in host else f"valkey://{host}:{port}"

    plain: Any = valkey.ValkeyCluster

    def make() -> Any:
        return plain.from_url(url, cluster_error_retry_attempts=1, **options)

    return make


class Cluster:
    """A cluster's client: made when it is first needed, and made again where it cannot go on.

    The library's own connects when it is made, forgets nodes that fail, the one of the
    address too, and so does not come back when all of them were away; and its lock may be
    another thread's in the child of a fork.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._begin()

    def _begin(self) -> None:
        self._client: Any = None
        self._lock = threading.Lock()
        self._process = os.getpid()

    def execute_command(self, *words: Any) -> Any:
        """Ask the node that has the entry.  Raises what the library raises."""
        from valkey.exceptions import ValkeyClusterException

        if self._process != os.getpid():
            self._begin()
        with self._lock:
            if self._client is None:
                self._client = self._make()
            client = self._client
        try:
            return client.execute_command(*words)
        except ValkeyClusterException:
            with self._lock:
                if self._client is client:
                    self._client = None
            raise

    def close(self) -> None:
        """Close the connections to all nodes."""
        client, self._client = self._client, None
        if client is not None and self._process == os.getpid():
            client.disconnect_connection_pools()
