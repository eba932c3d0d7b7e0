# Written by tools/make_stubs.py from ticket_keys.pyx.

from OpenSSL._native.ssl.context import Context

def set_ticket_keys(context: Context, given: list[bytes] | None) -> None:
    """`given`: bytes objects, the first one encrypts; None for libssl's own key."""
