"""A store in Valkey or Redis, by the official client.

One operation is one command or one script over one key, so one round trip, and the same in
a cluster.  What is written is sealed by the caller; the server never sees a session.
"""

from __future__ import annotations

import zlib
from urllib.parse import parse_qs, unquote, urlsplit

from OpenSSL.fleet.store import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL.SSL import Context

__all__ = ["Valkey"]

#: Replace a value if it is the expected one; an empty second argument expects none.
SWAP = """
local found = redis.call('GET', KEYS[1])
if ARGV[1] == '' then
    if found then return 0 end
elseif found ~= ARGV[2] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[3])
return 1
"""

#: Add a value, for so many milliseconds, if there is none, and if all has been kept since a
#: given time.  Another entry says from when on that is so: for this run of this server, and for as
#: long as it has pushed nothing out.  It is written again where it is not there: in a new
#: server, and in one that was emptied.
ONCE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local lost = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
local mark = run .. ' ' .. lost
local since, of = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (.+)$')
since = tonumber(since)
if not since or of ~= mark or since > now then
    redis.call('SET', KEYS[2], string.format('%.6f', now) .. ' ' .. mark)
    return 0
end
if since > tonumber(ARGV[3]) then return 0 end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
#: Parts of a cluster's entries that are added: each has an entry beside it that says since when.
SHARDS = 16
LARGEST = 1 << 20  # bytes of an entry that are read; the list of ten thousand processes has 200 kB


class Valkey:
    """Keeps entries in the server at ``url``.

    ``valkey://`` (or ``redis://``) ``user:password@host:port/database`` is one server;
    ``valkeys://`` (or ``rediss://``) speaks TLS, by ``context`` if one is given and else
    with the system's trust and the host's name checked; ``valkey+cluster://`` is any node of
    a cluster; ``valkey+sentinel://host:port,host:port/service`` asks sentinels for the
    primary; these two without TLS.

    ``timeout`` bounds one command, in seconds.  ``prefix`` stands before every key.
    """

    def __init__(
        self,
        url: str,
        *,
        context: Context | None = None,
        timeout: float = 1.0,
        connect_timeout: float = 2.0,
        prefix: bytes = b"brisktls:",
    ) -> None:
        """Read the address; nothing is connected yet.

        Raises ValueError if the address is not such a one, or if ``context`` verifies
        nobody; ImportError without the client.
        """
        self.prefix: bytes = prefix
        options: dict[str, Any] = {
            "socket_timeout": timeout,
            "socket_connect_timeout": connect_timeout,
            "socket_keepalive": True,
        }
        self._client = _client(url, context, options)
        self._clustered = "+cluster" in url.split("://")[0]

    def _named(self, key: bytes) -> bytes:
        return self.prefix + key.hex().encode()

    def _ask(self, *words: Any) -> Any:
        from valkey.exceptions import ValkeyError

        try:
            return self._client.execute_command(*words)
        except (ValkeyError, OSError) as error:
            raise StoreError(f"{type(error).__name__}: {error}") from error

    def get(self, key: bytes) -> bytes | None:
        """The value, or None.  Raises StoreError."""
        # No more than that: somebody may have put something huge there.
        value = bytes(self._ask("GETRANGE", self._named(key), 0, LARGEST))
        if len(value) > LARGEST:
            raise StoreError("an entry is too large to be ours")
        return value or None

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        """Keep the value for that many seconds.  Raises StoreError."""
        self._ask("SET", self._named(key), value, "PX", _milliseconds(seconds))

    def remove(self, key: bytes) -> None:
        """Forget the value, if there is one.  Raises StoreError."""
        self._ask("DEL", self._named(key))

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        """Keep the value if there is none yet.  Raises StoreError."""
        if since is None:
            kept = self._ask("SET", self._named(key), value, "NX", "PX", _milliseconds(seconds))
            return kept is not None and bool(kept)
        # What stands in braces says where in a cluster an entry lies: both in one place.
        shard = b"{%x}" % (zlib.crc32(key) % SHARDS if self._clustered else 0)
        names = self.prefix + shard + key.hex().encode(), self.prefix + shard + b"since"
        return bool(
            self._ask("EVAL", ONCE, 2, *names, value, _milliseconds(seconds), f"{since:.6f}")
        )

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        """Replace the value if it is still the expected one.  Raises StoreError."""
        first = b"" if expected is None else b"1"
        return bool(self._ask("EVAL", SWAP, 1, self._named(key), first, expected or b"", value))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _client(url: str, context: Context | None, options: dict[str, Any]) -> Any:
    import valkey

    scheme, plus, kind = urlsplit(url).scheme.partition("+")
    secure = scheme in {"valkeys", "rediss"}
    if scheme not in {"valkey", "redis", "valkeys", "rediss", "unix"} or (
        plus and kind not in {"cluster", "sentinel"}
    ):
        raise ValueError(f"{url.split('://')[0]}:// is not the address of a store")
    if context is not None and not secure:
        raise ValueError("a context is given, but the address does not ask for TLS")
    if secure and kind:
        raise ValueError("TLS to clusters and sentinels is not supported; tunnel it")
    parts = urlsplit(url)
    if secure:
        options |= _tls(context)
    options["username"] = unquote(parts.username) if parts.username else None
    options["password"] = unquote(parts.password) if parts.password else None
    if kind == "sentinel":
        return _by_sentinel(parts, options)
    if kind == "cluster":
        return valkey.ValkeyCluster(
            host=parts.hostname or "localhost", port=parts.port or 6379, **options
        )
    if scheme == "unix":
        del options["socket_keepalive"]
        unix: Any = valkey.UnixDomainSocketConnection
        pool = valkey.ConnectionPool(connection_class=unix, path=parts.path, **options)
        return valkey.Valkey(connection_pool=pool)
    kind_of = options.pop("connection_class", valkey.Connection)
    pool = valkey.ConnectionPool(
        connection_class=kind_of,
        host=parts.hostname or "localhost",
        port=parts.port or 6379,
        db=int(parts.path.strip("/") or parse_qs(parts.query).get("db", ["0"])[0]),
        **options,
    )
    return valkey.Valkey(connection_pool=pool)


def _by_sentinel(parts: Any, options: dict[str, Any]) -> Any:
    import valkey.sentinel

    hosts = []
    for each in parts.netloc.rpartition("@")[2].split(","):
        host, _, port = each.rpartition(":")
        hosts.append((host or each, int(port) if host else 26379))
    service = parts.path.strip("/")
    if not service:
        raise ValueError("the address of sentinels ends with the name of the service")
    plain: Any = valkey.sentinel.Sentinel
    return plain(hosts, **_without_tls(options)).master_for(service, **options)


def _without_tls(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in options.items()
        if name not in {"connection_class", "tls_context"}
    }


def _tls(context: Context | None) -> dict[str, Any]:
    from OpenSSL.fleet.valkey_tls import TLSConnection, checked, default_context

    return {
        "connection_class": TLSConnection,
        "tls_context": default_context() if context is None else checked(context),
    }
