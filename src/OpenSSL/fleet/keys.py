"""The ring of ticket keys: which key encrypts now, which ones still decrypt, and when to rotate.

Theory.  Every host has the same ring and asks its own clock, which may be `skew` seconds
wrong.  So a new key is in the ring `spread` seconds before anybody encrypts with it, and
an old one stays until the last ticket made with it, by the slowest clock, has ended.
A ring is never changed: each step makes another one, so hosts can agree on it with one
atomic compare-and-set.  Nothing here reads a clock or a disk; callers say what time it is.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os

from OpenSSL.fleet.checking import bytes_of, check, seconds
from OpenSSL.fleet.sealing import Seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

__all__ = ["Policy", "TicketKey", "TicketKeys"]

NAME_SIZE = 16
FORMAT = 1  # of a written ring
PURPOSE = "ticket keys"  # of its seal
SECRET_SIZES = (32, 64)  # AES-128 and AES-256, each with an HMAC secret of the same size
KEY_SIZES = tuple(NAME_SIZE + size for size in SECRET_SIZES)


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """How a ring ages; all times are in seconds.

    ``period``: how long a key encrypts.  ``lifetime``: how long a ticket is accepted.
    ``spread``: how long a new key is known before it encrypts.  ``skew``: by how much
    the clocks of two hosts differ at most.

    Raises ValueError if a time is negative, or if ``spread`` leaves hosts no time to learn
    of a key: it must be more than ``skew`` and at most ``period``.
    """

    __module__ = "OpenSSL.fleet"

    period: float = 12 * 3600
    lifetime: float = 24 * 3600
    spread: float = 600
    skew: float = 60

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            seconds(field.name, getattr(self, field.name), endless=field.name == "period")
        if self.period <= 0 or self.lifetime <= 0 or self.skew < 0:
            raise ValueError("period and lifetime must be positive, skew not negative")
        if not self.skew < self.spread <= self.period:
            raise ValueError("spread must be more than skew and at most period")


class TicketKey:
    """A name, two secrets and the times between which the key is used.

    ``starts`` is when it begins to encrypt and ``ends`` when it stops to decrypt, in
    seconds since 1970; None stands for "always" and "not decided yet".  The secrets are
    overwritten when the key is dropped.
    """

    __module__ = "OpenSSL.fleet"

    __slots__ = ("_secret", "ends", "name", "starts")

    def __init__(
        self,
        name: bytes,
        secret: bytes | bytearray,
        starts: float | None = None,
        ends: float | None = None,
    ) -> None:
        """Make a key of its parts.

        Raises ValueError if ``name`` does not have 16 bytes, or ``secret`` neither 32 nor 64.
        """
        name = bytes_of("name", name)
        if not isinstance(secret, (bytes, bytearray, memoryview)):  # no copy that nobody overwrites
            raise TypeError(f"secret must be bytes, not {type(secret).__name__}")
        for what, time in (("starts", starts), ("ends", ends)):
            if time is not None:
                seconds(what, time)
        if len(name) != NAME_SIZE:
            raise ValueError(f"the name of a ticket key has {NAME_SIZE} bytes, not {len(name)}")
        if len(secret) not in SECRET_SIZES:
            raise ValueError(f"the secrets have 32 or 64 bytes together, not {len(secret)}")
        self.name: bytes = bytes(name)
        self._secret: bytearray = bytearray(secret)
        self.starts: float | None = starts
        self.ends: float | None = ends

    @classmethod
    def generate(cls, starts: float | None = None) -> TicketKey:
        """Make a new key of 80 bytes from the system's random numbers."""
        return cls(os.urandom(NAME_SIZE), bytearray(os.urandom(64)), starts)

    @classmethod
    def from_bytes(
        cls, data: bytes, starts: float | None = None, ends: float | None = None
    ) -> TicketKey:
        """Read a key of 48 or 80 bytes, as :meth:`Context.set_ticket_keys` takes it."""
        data = bytes_of("data", data)
        if len(data) not in KEY_SIZES:
            raise ValueError(f"a ticket key has 48 or 80 bytes, not {len(data)}")
        return cls(data[:NAME_SIZE], bytearray(data[NAME_SIZE:]), starts, ends)

    def to_bytes(self) -> bytes:
        """The key as :meth:`Context.set_ticket_keys` takes it: its name, then its secrets."""
        return self.name + bytes(self._secret)

    def ending(self, ends: float) -> TicketKey:
        """The same key with another end."""
        return TicketKey(self.name, self._secret, self.starts, ends)

    def clear(self) -> None:
        """Overwrite the secrets; the key is of no use afterwards."""
        for index in range(len(self._secret)):
            self._secret[index] = 0

    def __del__(self) -> None:
        if hasattr(self, "_secret"):
            self.clear()

    def __repr__(self) -> str:
        return f"<TicketKey {self.name.hex()} from {self.starts} to {self.ends}>"

    def __reduce__(self) -> Any:
        raise TypeError("a ticket key is not pickled; seal its ring with TicketKeys.to_bytes")


class TicketKeys:
    """A ring of ticket keys, in the order in which they begin to encrypt.

    ``epoch`` counts revocations and ``version`` every change.
    """

    __module__ = "OpenSSL.fleet"

    __slots__ = ("epoch", "keys", "policy", "version")

    def __init__(
        self,
        keys: Iterable[TicketKey],
        policy: Policy | None = None,
        *,
        version: int = 1,
        epoch: int = 1,
    ) -> None:
        """Make a ring of keys.

        Raises ValueError if there is none, or if two have the same name.
        """
        if isinstance(keys, TicketKey):
            raise TypeError("keys must be several of TicketKey, not one")
        given = [check("each of the keys", key, TicketKey, spelled="a TicketKey") for key in keys]
        self.keys: tuple[TicketKey, ...] = tuple(sorted(given, key=_start))
        if policy is None:
            policy = Policy()
        self.policy: Policy = check("policy", policy, Policy, spelled="a Policy")
        self.version: int = version
        self.epoch: int = epoch
        if not self.keys:
            raise ValueError("a ring needs at least one key")
        if len({key.name for key in self.keys}) != len(self.keys):
            raise ValueError("two ticket keys have the same name")

    @classmethod
    def generate(cls, now: float, policy: Policy | None = None) -> TicketKeys:
        """Make a ring with one new key, which encrypts at once."""
        return cls([TicketKey.generate(seconds("now", now))], policy)

    # ---- what the clock says

    def current(self, now: float) -> TicketKey:
        """The key that encrypts at the time ``now``."""
        begun = [key for key in self.keys if _start(key) <= now]
        return begun[-1] if begun else self.keys[0]

    def in_force(self, now: float) -> list[bytes]:
        """The keys for :meth:`Context.set_ticket_keys`: the current one, then all others.

        Later ones are among them, because a host with a faster clock may use them already.
        """
        current = self.current(now)
        others = [
            key
            for key in reversed(self.keys)
            if key is not current and (key.ends is None or key.ends > now)
        ]
        return [key.to_bytes() for key in (current, *others)]

    def state(self, key: TicketKey, now: float) -> str:
        """What a key does at the time ``now``: ``encrypts``, ``waits`` or ``decrypts``."""
        if key is self.current(now):
            return "encrypts"
        return "waits" if _start(key) > now else "decrypts"

    def is_due(self, now: float) -> bool:
        """Whether the next key has to be made, so that all know it before it is needed."""
        return now >= _start(self.keys[-1]) + self.policy.period - self.policy.spread

    # ---- the next ring

    def rotated(self, now: float, *, at_once: bool = False) -> TicketKeys:
        """The ring with one more key; those that nobody needs any more are dropped.

        The new key encrypts when the newest one has done so for ``period``, but not before
        ``spread`` seconds have passed; with ``at_once`` as soon as that.
        """
        newest = self.keys[-1]
        starts = now + self.policy.spread
        if not at_once:
            starts = max(starts, _start(newest) + self.policy.period)
        ends = starts + self.policy.lifetime + self.policy.skew
        kept = [
            key.ending(ends) if key.ends is None else key.ending(key.ends)
            for key in self.keys
            if key.ends is None or key.ends + self.policy.skew > now
        ]
        return self._next([*kept, TicketKey.generate(starts)])

    def revoked(self, now: float) -> TicketKeys:
        """A ring with one new key and no other: no ticket made before is accepted again."""
        return self._next([TicketKey.generate(now)], epoch=self.epoch + 1)

    def _next(self, keys: Sequence[TicketKey], epoch: int | None = None) -> TicketKeys:
        return TicketKeys(
            keys,
            self.policy,
            version=self.version + 1,
            epoch=self.epoch if epoch is None else epoch,
        )

    # ---- as bytes

    def to_bytes(self, secret: bytes | str) -> bytes:
        """The ring, sealed with the operator's ``secret`` of at least 16 bytes.

        Raises ValueError if the secret is shorter.
        """
        return Seal(secret, PURPOSE).close(self._to_json(), b"ring")

    @classmethod
    def from_bytes(cls, data: bytes, secret: bytes | str) -> TicketKeys:
        """Read what :meth:`to_bytes` wrote.

        Raises SealError if the secret is another, or the bytes were changed.
        """
        return cls._from_json(Seal(secret, PURPOSE).open(data, b"ring"))

    def _to_json(self) -> bytes:
        """The ring, its secrets readable."""
        keys = [
            {
                "key": base64.b64encode(key.to_bytes()).decode(),
                "starts": key.starts,
                "ends": key.ends,
            }
            for key in self.keys
        ]
        told = {"format": FORMAT, "version": self.version, "epoch": self.epoch, "keys": keys}
        return json.dumps({**told, "policy": dataclasses.asdict(self.policy)}).encode()

    @classmethod
    def _from_json(cls, data: bytes) -> TicketKeys:
        """Read what :meth:`_to_json` wrote.  Raises ValueError if it is anything else."""
        try:
            read = json.loads(data)
            if read["format"] != FORMAT:
                raise ValueError(
                    f"a ring of format {read['format']!r}; this version reads {FORMAT}"
                )
            keys = [
                TicketKey.from_bytes(base64.b64decode(each["key"]), each["starts"], each["ends"])
                for each in read["keys"]
            ]
            policy = Policy(**read["policy"])
            return cls(keys, policy, version=int(read["version"]), epoch=int(read["epoch"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is not a ring of ticket keys: {error!r}") from error

    def clear(self) -> None:
        """Overwrite the secrets of all keys."""
        for key in self.keys:
            key.clear()

    def __repr__(self) -> str:
        names = ", ".join(key.name.hex()[:8] for key in self.keys)
        return f"<TicketKeys version {self.version}, epoch {self.epoch}: {names}>"


def _start(key: TicketKey) -> float:
    return 0.0 if key.starts is None else key.starts
