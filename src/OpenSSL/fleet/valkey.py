"""A store in Valkey or Redis, by the official client.

One operation is one command or one script over one key, so one round trip, and the same in
a cluster.  What is written is sealed by the caller; the server never sees a session.
"""

from __future__ import annotations

import random
import zlib

from OpenSSL.fleet.checking import bytes_of, check, seconds
from OpenSSL.fleet.store import InOneProcess, StoreError
from OpenSSL.fleet.valkey_clients import client_for

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


class Valkey(InOneProcess):
    """Keeps entries in the server at ``url``.

    ``valkey://`` (or ``redis://``) ``user:password@host:port/database`` is one server;
    ``valkeys://`` (or ``rediss://``) speaks TLS, by ``context`` if one is given and else
    with the system's trust; ``valkey+cluster://`` is any node of a cluster;
    ``valkey+sentinel://host:port,host:port/service`` asks sentinels for the primary, with
    ``?sentinel_username=...&sentinel_password=...`` where these want to know who asks.
    ``valkeys+cluster://`` and ``valkeys+sentinel://`` speak TLS to all of them.  Over TLS
    each server needs a certificate for the name, or the IP address, by which it is reached:
    the one that nodes and sentinels tell.

    ``timeout`` bounds one command, in seconds.  ``prefix`` stands before every key.
    """

    __module__ = "OpenSSL.fleet"

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
        self.prefix: bytes = bytes_of("prefix", prefix)
        options: dict[str, Any] = {
            "socket_timeout": seconds("timeout", timeout),
            "socket_connect_timeout": seconds("connect_timeout", connect_timeout),
            "socket_keepalive": True,
        }
        self._client, self._clustered = client_for(check("url", url, str), context, options)
        self._begun = False

    def _named(self, key: bytes) -> bytes:
        return self.prefix + key.hex().encode()

    def _ask(self, *words: Any) -> Any:
        from valkey.exceptions import ValkeyClusterException, ValkeyError

        try:
            return self._client.execute_command(*words)
        except (ValkeyError, ValkeyClusterException, OSError) as error:
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
        if since < 0:  # nobody was there; it begins to count
            self._begin()
            return False
        shard = zlib.crc32(key) % SHARDS if self._clustered else 0
        return self._once(shard, key, value, seconds, since)

    def _once(self, shard: int, key: bytes, value: bytes, seconds: float, since: float) -> bool:
        # What stands in braces says where in a cluster an entry lies: both in one place.
        part = self.prefix + b"{%x}" % shard
        names = part + key.hex().encode(), part + b"since"
        return bool(
            self._ask("EVAL", ONCE, 2, *names, value, _milliseconds(seconds), f"{since:.6f}")
        )

    def _begin(self) -> None:
        """Have each part count from now on; later only one at a time, for it does so already."""
        shards = range(SHARDS) if self._clustered else range(1)
        for shard in [random.choice(shards)] if self._begun else shards:
            self._once(shard, b"begin", b"", 0, -1.0)
        self._begun = True

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        """Replace the value if it is still the expected one.  Raises StoreError."""
        first = b"" if expected is None else b"1"
        return bool(self._ask("EVAL", SWAP, 1, self._named(key), first, expected or b"", value))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
