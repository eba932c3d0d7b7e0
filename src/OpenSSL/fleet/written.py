"""A ring of ticket keys as bytes: readable, and sealed with the operator's secret."""

from __future__ import annotations

import base64
import dataclasses
import json

from OpenSSL.fleet.keys import Policy, TicketKey, TicketKeys
from OpenSSL.fleet.sealing import Seal

__all__ = ["read_ring", "seal_ring", "unseal_ring", "write_ring"]

FORMAT = 1


def write_ring(ring: TicketKeys) -> bytes:
    """The ring as JSON, its secrets readable."""
    return json.dumps(
        {
            "format": FORMAT,
            "version": ring.version,
            "epoch": ring.epoch,
            "policy": dataclasses.asdict(ring.policy),
            "keys": [
                {
                    "key": base64.b64encode(key.to_bytes()).decode(),
                    "starts": key.starts,
                    "ends": key.ends,
                }
                for key in ring.keys
            ],
        }
    ).encode()


def read_ring(data: bytes) -> TicketKeys:
    """Read what :func:`write_ring` wrote.

    Raises ValueError if it is anything else.
    """
    try:
        read = json.loads(data)
        if read["format"] != FORMAT:
            raise ValueError(f"a ring of format {read['format']!r}; this version reads {FORMAT}")
        keys = [
            TicketKey.from_bytes(base64.b64decode(each["key"]), each["starts"], each["ends"])
            for each in read["keys"]
        ]
        return TicketKeys(
            keys, Policy(**read["policy"]), version=int(read["version"]), epoch=int(read["epoch"])
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not a ring of ticket keys: {error!r}") from error


def seal_ring(ring: TicketKeys, secret: bytes | str) -> bytes:
    """The ring, sealed with the operator's ``secret`` of at least 16 bytes.

    Raises ValueError if the secret is shorter.
    """
    return Seal(secret, "ticket keys").close(write_ring(ring), b"ring")


def unseal_ring(data: bytes, secret: bytes | str) -> TicketKeys:
    """Read what :func:`seal_ring` wrote.

    Raises SealError if the secret is another, or the bytes were changed.
    """
    return read_ring(Seal(secret, "ticket keys").open(data, b"ring"))
