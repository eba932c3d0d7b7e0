"""Encrypted Client Hello (RFC 9849): which host is wanted goes encrypted."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer, octets, without_nul
from OpenSSL._face.common.filetypes import FILETYPE_PEM
from OpenSSL._face.crypto.keys import load_privatekey
from OpenSSL._face.ssl.negotiation import protocol_list
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import ech as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypedDict

    from OpenSSL._face.crypto.keys import PassphraseSource
    from OpenSSL._types import Buffer

    class ECHEntry(TypedDict):
        """One configuration of a store, and whether its private key is there."""

        public_name: str | None
        has_private_key: bool
        for_retry: bool
        age: int


__all__ = ["ConnectionEch", "ContextEch", "ECHStore"]

#: What libssl says about a connection, by its numbers.
_STATUSES = {
    4: "backend",
    3: "grease_ech",
    2: "grease",
    1: "success",
    0: "failed",
    -101: "not_tried",
    -102: "bad_name",
    -103: "not_configured",
    -105: "failed_ech",
    -106: "failed_ech_bad_name",
}
_BEGIN, _END = b"-----BEGIN ECHCONFIG-----", b"-----END ECHCONFIG-----"
_VERSION = b"\xfe\x0d"  # a configuration begins with it


def _need() -> None:
    if not native.is_supported():
        raise NotImplementedError("Encrypted Client Hello needs OpenSSL 4.0, built with it")


def _name(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    try:
        spelled = without_nul(name, value.encode("ascii"))
    except UnicodeEncodeError:
        raise ValueError(f"{name} must be ASCII; use the xn-- form") from None
    if not 1 <= len(spelled) <= 255:
        raise ValueError(f"{name} has 1 to 255 characters")
    return spelled


def _suite(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("suite must be text")
    return without_nul("suite", value.encode())


def _configuration(text: bytes) -> bytes:
    """The configuration in what libssl has written.

    libssl 4.0 keeps those that it has read without the length of a list in front, those that it
    has made with one, and writes both as they are.
    """
    from binascii import a2b_base64

    data = a2b_base64(text[text.index(_BEGIN) + len(_BEGIN) : text.index(_END)])
    return data if data.startswith(_VERSION) else data[2:]


def _listed(configurations: bytes) -> bytes:
    return len(configurations).to_bytes(2, "big") + configurations


def _whole(text: bytes) -> bytes:
    """A private key and its configuration, as everybody can read them."""
    from binascii import b2a_base64

    listed = b2a_base64(_listed(_configuration(text)), newline=False)
    lines = [listed[start : start + 64] for start in range(0, len(listed), 64)]
    return text[: text.index(_BEGIN)] + b"\n".join([_BEGIN, *lines, _END, b""])


class ECHStore(native.ECHStore):
    """Keys by which a server decrypts hellos, and the configurations that clients need for it.

    Contexts take a copy (:meth:`Context.set_echstore`). Raises NotImplementedError with an
    OpenSSL older than 4.0.
    ``OSSL_ECHSTORE_new(3)``
    """

    __slots__ = ()
    __module__ = "OpenSSL.SSL"

    def __init__(self) -> None:
        _need()
        super().__init__()

    def new_config(
        self,
        public_name: str,
        max_name_length: int = 0,
        suite: str | None = None,
        for_retry: bool = False,
    ) -> None:
        """Make a pair of keys, and a configuration with a public name.

        That name stands in hellos for everybody to read, and the server needs a certificate for
        it: clients whose keys are out of date are told the new ones under it. Names up to
        ``max_name_length`` look equally long. ``suite`` is OpenSSL's word for one of HPKE,
        ``"x25519,hkdf-sha256,aes-128-gcm"``, which is the default. Those ``for_retry`` are sent
        to clients whose keys are out of date.

        Raises ValueError for a bad name, a length that is not from 0 to 255 and a suite that is
        not known, Error if it cannot be made.
        ``OSSL_ECHSTORE_new_config(3)``
        """
        if not 0 <= integer("max_name_length", max_name_length) <= 255:
            raise ValueError("max_name_length must be from 0 to 255")
        name = _name("public_name", public_name)
        # libssl 4.0 can decrypt only by what it has read.
        made = native.ECHStore()
        native.new_config(made, name, max_name_length, None if suite is None else _suite(suite))
        self.read_pem(_whole(native.write_pem(made, 0)), for_retry)

    def read_pem(
        self, data: Buffer, for_retry: bool = False, passphrase: PassphraseSource | None = None
    ) -> None:
        """Add a private key and its configurations, as :meth:`write_pem` returns them.

        Those ``for_retry`` are sent to clients whose keys are out of date. Without a private
        key they are a client's.

        Raises Error for what is malformed and a key that is not for them, and what
        ``crypto.load_privatekey`` raises for the key.
        ``OSSL_ECHSTORE_set1_key_and_read_pem(3)``
        """
        content = octets("data", data)
        key = None
        if b"PRIVATE KEY-----" in content:
            key = load_privatekey(FILETYPE_PEM, content, passphrase)
        start = content.find(_BEGIN)
        native.read_pem(self, key, content[start:] if start >= 0 else b"", bool(for_retry))

    def read_config_list(self, data: Buffer) -> None:
        """Add configurations as they come from DNS (an HTTPS record's ``ech``), without keys.

        Raises Error for what is malformed.
        ``OSSL_ECHSTORE_read_echconfiglist(3)``
        """
        native.read_config_list(self, octets("data", data))

    def write_pem(self, index: int = -1) -> bytes:
        """One entry with its private key, the last unless told otherwise. It is secret.

        Raises Error if there is no such entry, TypeError if ``index`` is not an integer.
        ``OSSL_ECHSTORE_write_pem(3)``
        """
        if integer("index", index) < -1:
            raise ValueError("index must be -1 or more")
        return _whole(native.write_pem(self, index))

    def get_config_list(self) -> bytes:
        """Return the configurations of all entries, as DNS and clients have them.

        Raises Error if there are none.
        ``OSSL_ECHSTORE_write_pem(3)``
        """
        seen: list[bytes] = []
        for index in range(len(native.list_entries(self)) or 1):
            one = _configuration(native.write_pem(self, index))
            if one not in seen:
                seen.append(one)
        return _listed(b"".join(seen))

    def get_entries(self) -> list[ECHEntry]:
        """What there is: names, whether the private key is there, and seconds since it came.

        ``OSSL_ECHSTORE_get1_info(3)``
        """
        return [
            {
                "public_name": None if name is None else name.decode("ascii", "replace"),
                "has_private_key": private,
                "for_retry": retry,
                "age": age,
            }
            for name, private, retry, age in native.list_entries(self)
        ]

    def flush_keys(self, age: int) -> None:
        """Remove private keys, with their configurations, that came ``age`` seconds ago or before.

        Raises ValueError if ``age`` is negative or too great, TypeError if it is not an integer.
        ``OSSL_ECHSTORE_flush_keys(3)``
        """
        if not 0 <= integer("age", age) < 2**40:
            raise ValueError("age must be from 0 to 2**40 - 1")
        native.flush_keys(self, age)


class ContextEch(native_context.Context):
    """Which keys a server has for hellos."""

    __slots__ = ()

    def set_echstore(self, store: ECHStore | None) -> None:
        """Decrypt hellos by the keys of a store, as they are now; None: by none.

        It is for connections made from then on, and it is the Context that a connection is made
        with that counts, not one a callback chooses later. Callbacks are shown what was
        encrypted: the name, the protocols, the hello. A hello under other keys is answered by
        the public name: the Context needs a certificate for that, and tells the client the
        entries that were added ``for_retry``.

        Raises TypeError if it is not an ECHStore, NotImplementedError with an OpenSSL older
        than 4.0.
        ``SSL_CTX_set1_echstore(3)``
        """
        if store is not None and not isinstance(store, ECHStore):
            raise TypeError("store must be an ECHStore instance or None")
        _need()
        native.set_store(self, store)


class ConnectionEch(native_connection.Connection):
    """A client that says encrypted which host it wants."""

    __slots__ = ()

    def set_ech_config_list(self, configurations: Buffer) -> None:
        """Encrypt the hello by one of these configurations, as they come from DNS.

        They stand in the ``ech`` of a host's HTTPS record. The handshake then succeeds only
        with it: a server that has no key for it, or does not know Encrypted Client Hello, is
        refused with an Error that says so first, with alert 121 (``AD_ECH_REQUIRED``), and
        never learns the name. :meth:`get_ech_retry_config` may have newer ones for another
        try. It needs TLS 1.3. Others replace them; they cannot be taken away again.

        Raises Error for a list that has none that can be used, and once the handshake has begun;
        NotImplementedError with an OpenSSL older than 4.0.
        ``SSL_set1_ech_config_list(3)``
        """
        data = octets("configurations", configurations)
        _need()
        native.set_config_list(self, data)

    def set_ech_outer_server_name(self, name: str | None) -> None:
        """Show another public name than that of the configuration; None: no name.

        Raises ValueError for a bad name, Error once the handshake has begun, NotImplementedError
        with an OpenSSL older than 4.0.
        ``SSL_ech_set1_outer_server_name(3)``
        """
        spelled = None if name is None else _name("name", name)
        _need()
        native.set_outer_name(self, spelled)

    def set_ech_outer_alpn_protos(self, protos: Iterable[bytes] | None) -> None:
        """Show these application protocols, where those of :meth:`set_alpn_protos` are encrypted.

        Raises what :meth:`set_alpn_protos` raises, and what
        :meth:`set_ech_outer_server_name` does.
        ``SSL_ech_set1_outer_alpn_protos(3)``
        """
        listed = None if protos is None else protocol_list(protos)
        _need()
        native.set_outer_protocols(self, listed)

    def set_ech_grease_suite(self, suite: str) -> None:
        """Send something that looks like an encrypted hello, by this suite of HPKE.

        ``OP_ECH_GREASE`` does the same by a suite of OpenSSL's choice. It hides nothing; real
        configurations win.

        Raises ValueError for a suite that is not known, Error once the handshake has begun,
        NotImplementedError with an OpenSSL older than 4.0.
        ``SSL_ech_set1_grease_suite(3)``
        """
        spelled = _suite(suite)
        _need()
        native.set_grease_suite(self, spelled)

    def get_ech_status(self) -> tuple[str, bytes | None, bytes | None]:
        """What came of it, the encrypted name and the public one.

        ``"success"`` is the only good one. ``"failed_ech"`` is a server that was judged good by
        its public name and has no such key, ``"failed_ech_bad_name"`` one that was not;
        ``"grease"`` and ``"grease_ech"`` hide nothing. Others are ``"not_configured"``,
        ``"not_tried"``, ``"bad_name"`` and ``"failed"``; ``"backend"`` is a server behind one
        that decrypts.

        ``SSL_ech_get1_status(3)``
        """
        status, inner, outer = native.get_status(self)
        return _STATUSES.get(status, "failed"), inner, outer

    def get_ech_retry_config(self) -> bytes | None:
        """Configurations that a server has told, for another connection to it, or None.

        Only one whose certificate for the public name was verified is believed: without
        ``VERIFY_PEER`` there are none.

        ``SSL_ech_get1_retry_config(3)``
        """
        return native.get_retry_config(self)
