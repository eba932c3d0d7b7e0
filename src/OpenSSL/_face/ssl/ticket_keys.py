"""Keys for session tickets: the program's own, so that several servers share them."""

from __future__ import annotations

from OpenSSL._native.ssl import ticket_keys as native
from OpenSSL._native.ssl.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ContextTicketKeys"]


class ContextTicketKeys(Context):
    """Context: the keys that its session tickets are encrypted with."""

    __slots__ = ()

    def set_ticket_keys(self, keys: Iterable[bytes] | None) -> None:
        """Encrypt session tickets with the first of ``keys``, and decrypt with any of them.

        Each key has 80 bytes (a name of 16, then 32 for HMAC-SHA256 and 32 for
        AES-256-CBC) or 48 (a name of 16, then 16 for AES-128-CBC and 16 for
        HMAC-SHA256), as nginx and HAProxy read them from files.  A client whose
        ticket was made with a later key is given a new one, and over TLS 1.3 every client
        that resumes is: it uses a ticket once.  One whose key is not there gets a full
        handshake.  No keys at all, ``[]``: no tickets are given out or taken.
        None goes back to a key that OpenSSL made for this Context alone.

        A ticket tells by which rules its client was verified.  A server with others, or with
        a verify callback, answers it with a full handshake.

        The keys are replaced at once, for handshakes that come and those under way;
        no handshake fails.  Anybody who has a key can read what the sessions protect, and
        pass for any client: keep keys secret, change them often.

        Raises TypeError if ``keys`` is not an iterable of byte strings, ValueError if a
        key has another size or two have the same name.
        ``SSL_CTX_set_tlsext_ticket_key_evp_cb(3)``
        """
        native.set_ticket_keys(self, None if keys is None else _listed(keys))


def _listed(keys: Iterable[bytes]) -> list[bytes]:
    if isinstance(keys, (bytes, bytearray, memoryview, str)):
        raise TypeError("keys must be several byte strings, not one")
    if not hasattr(keys, "__iter__"):
        raise TypeError(f"keys must be several byte strings, not {type(keys).__name__}")
    listed: list[bytes] = []
    for each in keys:
        if not isinstance(each, (bytes, bytearray, memoryview)):
            raise TypeError(f"a ticket key must be a byte string, not {type(each).__name__}")
        listed.append(bytes(each))
    if len({each[:16] for each in listed}) != len(listed):
        raise ValueError("two ticket keys have the same name, the first 16 bytes")
    return listed
