"""Whom a certificate may have to be for: host names and IP addresses, each in one spelling.

Theory.  What is verified must be what is connected to.  A resolver reads ``010.0.0.1``,
``0x7f.1`` and ``2130706433`` as addresses too, and in other bases than OpenSSL
(``a2i_IPADDRESS(3)``); so a name whose last label is a number is an address written out in
full, or refused.  (URLs are read by the same rule.)
"""

from __future__ import annotations

from OpenSSL._face.common.arguments import spelled

__all__ = ["address_bytes", "ends_in_number", "host_bytes", "is_dotted"]

#: The longest host name DNS can carry, in bytes.
LONGEST_NAME = 255


def name_bytes(what: str, value: str | bytes) -> bytes:
    """Return a host name or address as bytes; refuse what C or DNS would cut short."""
    given = spelled(what, value)
    if not given.isascii():
        raise ValueError(f"{what} must be ASCII; encode it with IDNA first: {value!r}")
    if b"\0" in given:
        raise ValueError(f"{what} must not contain a NUL byte")
    if not given or len(given) > LONGEST_NAME:
        raise ValueError(f"{what} must have between 1 and {LONGEST_NAME} bytes")
    return given


def ends_in_number(name: bytes) -> bool:
    """Return whether resolvers take ``name`` for an IPv4 address, however it is written."""
    last = (name[:-1] if name.endswith(b".") else name).rpartition(b".")[2].lower()
    return last.isdigit() or (last.startswith(b"0x") and not last[2:].strip(b"0123456789abcdef"))


def quad(name: bytes) -> bool:
    """Return whether these are four decimal numbers without leading zeros."""
    parts = name.split(b".")
    return len(parts) == 4 and all(
        part.isdigit() and len(part) <= 3 and int(part) <= 255 and str(int(part)).encode() == part
        for part in parts
    )


def colons(name: bytes) -> bytes:
    """Return an IPv6 address in its usual spelling, or b"" for anything else."""
    # Slow to load, and rarely needed.
    import ipaddress

    try:
        # A zone is of this machine: no certificate has one.
        return b"" if b"%" in name else ipaddress.IPv6Address(name.decode()).compressed.encode()
    except ValueError:
        return b""


def address_bytes(what: str, value: str | bytes) -> bytes:
    """Return an IP address in its usual spelling, or b"" for anything else."""
    name = name_bytes(what, value)
    if b":" in name:
        return colons(name)
    return name if quad(name) else b""


def host_bytes(what: str, value: str | bytes) -> tuple[bytes, bool]:
    """Return a host name or address as bytes, and whether it is an address."""
    name = name_bytes(what, value)
    if any(letter <= 0x20 or letter == 0x7F for letter in name):
        raise ValueError(f"{what} must not contain spaces or control characters")
    if b":" not in name and not ends_in_number(name):
        return name, False
    address = address_bytes(what, name)
    if not address:
        raise ValueError(
            f"{what} is neither a host name nor an IP address in its usual spelling, such as "
            f"192.0.2.1 or 2001:db8::1: {name.decode('ascii', 'replace')!r}{_too_much(name)}"
        )
    return address, True


def _too_much(name: bytes) -> str:
    """Say what people leave around a host."""
    if b"://" in name:
        return " (of a URL the host alone is wanted)"
    if name.startswith(b"["):
        return " (without brackets and port)"
    return " (without the port)" if name.count(b":") == 1 else ""


def is_dotted(name: bytes) -> bool:
    """Return whether a name has an empty label at either end, as no certificate's has."""
    return name.startswith(b".") or name.endswith(b".")
