"""What a bridged context offers and chooses: ciphers, groups, protocols, hosts."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.errors import SSL as LIBRARY
from OpenSSL._bridge.errors import load_failure, made
from OpenSSL._bridge.links import link_of
from OpenSSL._details import ErrorDetail
from OpenSSL._face.common.arguments import path_bytes
from OpenSSL._native.common.hooks import write_unraisable
from OpenSSL._native.ssl import ciphers, negotiation
from OpenSSL._sentinels import NO_OVERLAPPING_PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.context import Context

__all__ = ["Negotiation"]

HANDSHAKE_FAILURE, INTERNAL_ERROR = 40, 80
CALLBACK_FAILED = 234


def _refusal(alert: int) -> ours.Error:
    words = "callback failed"
    error = ours.Error([("SSL routines", "", words)])
    error.errors = (ErrorDetail(0, "SSL routines", "", words, LIBRARY, CALLBACK_FAILED, ""),)
    error.alert = alert
    error.alert_sent = True
    return error


def _words(what: str, value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError("embedded null character")
    return value.encode()


class NameHook:
    """Asks a program's ``sni_callback`` in the words of ``ssl``."""

    __slots__ = ("bridge", "callback")

    def __init__(self, bridge: Negotiation, callback: Callable[..., Any]) -> None:
        self.bridge = bridge
        self.callback = callback

    def __call__(self, connection: Connection) -> None:
        if not connection.is_server():
            return  # clients are asked too, about the server's answer
        link = link_of(connection)
        owner = connection if link is None else link.owner
        if owner is None:
            raise _refusal(INTERNAL_ERROR)
        name = connection.get_servername()
        try:
            answer = self.callback(
                owner, name if name is None else name.decode("ascii"), self.bridge
            )
        except UnicodeDecodeError as error:
            write_unraisable(error, name)
            raise _refusal(INTERNAL_ERROR) from None
        except Exception as error:  # noqa: BLE001  # whatever a program raises
            write_unraisable(error, self.callback)
            raise _refusal(HANDSHAKE_FAILURE) from None
        if answer is None:
            return
        if not isinstance(answer, int):
            write_unraisable(
                TypeError(f"{type(answer).__name__!r} object cannot be interpreted as an integer"),
                answer,
            )
            raise _refusal(INTERNAL_ERROR)
        raise _refusal(int(answer))  # a plain one, of an enumeration's too


class ProtocolHook:
    """Chooses the first of a server's protocols that its client offers."""

    __slots__ = ("names",)

    def __init__(self, encoded: bytes) -> None:
        self.names = []
        at = 0
        while at < len(encoded):
            self.names.append(encoded[at + 1 : at + 1 + encoded[at]])
            at += 1 + encoded[at]

    def __call__(self, connection: object, offered: list[bytes]) -> Any:
        for name in self.names:
            if name in offered:
                return name
        return NO_OVERLAPPING_PROTOCOLS


class Negotiation:
    """The half of a bridged context that offers and chooses."""

    context: Context
    _protocol: ssl._SSLMethod
    _name_hook: NameHook | None

    # ---- ciphers and groups

    def set_ciphers(self, cipherlist: str, /) -> None:
        """Choose the ciphers for TLS 1.2 and older, in OpenSSL's format."""
        try:
            self.context.set_cipher_list(_words("cipherlist", cipherlist))
        except ours.Error:
            raise ssl.SSLError("No cipher can be selected.") from None

    def set_ciphersuites(self, ciphersuites: str, /) -> None:
        """Choose the ciphers for TLS 1.3, names with colons between."""
        try:
            self.context.set_tls13_ciphersuites(_words("ciphersuites", ciphersuites))
        except ours.Error:
            raise ssl.SSLError("No cipher suite can be selected.") from None

    def get_ciphers(self) -> list[dict[str, Any]]:
        """Return what is to be known of each cipher, the best liked first."""
        return ciphers.describe_ciphers(self.context)

    def set_groups(self, groups: str, /) -> None:
        """Choose the groups for key exchange, names with colons between."""
        try:
            self.context.set_groups_list(_words("groups", groups))
        except ours.Error as error:
            raise load_failure(error) from error

    def set_ecdh_curve(self, name: Any, /) -> None:
        """Use this one elliptic curve for key exchange."""
        curve = path_bytes(name)  # `ssl` takes names in the forms of paths
        try:
            ciphers.set_tmp_ecdh(self.context, curve)
        except ours.Error:
            raise ValueError(f"unknown elliptic curve name {name!r}") from None

    def load_dh_params(self, path: Any, /) -> None:
        """Use the Diffie-Hellman parameters of a PEM file for TLS 1.2 and older."""
        name = path_bytes(path)
        try:
            ciphers.load_tmp_dh(self.context, name)
        except ours.Error as error:
            raise self._no_parameters(error, path) from error

    @staticmethod
    def _no_parameters(error: ours.Error, path: Any) -> OSError:
        found = load_failure(error)
        if not isinstance(found, ssl.SSLError):
            found.filename = path
        elif found.library != "SSL":
            # OpenSSL's decoders do not say which start they looked for.
            found = made(ssl.SSLError, found.errno or 1, "no start line", "PEM", "NO_START_LINE")
        return found

    def set_psk_client_callback(self, callback: Any) -> None:
        """Raise NotImplementedError, but for None: the Context has such callbacks."""
        self._no_shared_keys(callback)

    def set_psk_server_callback(self, callback: Any, identity_hint: Any = None) -> None:
        """Raise NotImplementedError, but for None: the Context has such callbacks."""
        self._no_shared_keys(callback)

    @staticmethod
    def _no_shared_keys(callback: Any) -> None:
        if callback is not None:
            raise NotImplementedError(
                "callbacks for pre-shared keys are set on the Context: set_psk_client_callback"
            )

    @property
    def security_level(self) -> int:
        """The level below which keys and algorithms are refused."""
        return self.context.get_security_level()

    # ---- protocols

    def _set_alpn_protocols(self, protos: Any, /) -> None:
        encoded = bytes(memoryview(protos))
        hook = ProtocolHook(encoded)
        negotiation.context_set_alpn_protos(self.context, encoded)
        self.context.set_alpn_select_callback(hook if hook.names else None)

    # ---- hosts

    @property
    def sni_callback(self) -> Callable[..., Any] | None:
        """What is asked which host a client wants; see ``ssl.SSLContext.sni_callback``."""
        return None if self._name_hook is None else self._name_hook.callback

    @sni_callback.setter
    def sni_callback(self, callback: Callable[..., Any] | None) -> None:
        if self._protocol == ssl.PROTOCOL_TLS_CLIENT:
            raise ValueError("sni_callback cannot be set on TLS_CLIENT context")
        if callback is not None and not callable(callback):
            raise TypeError("not a callable object")
        hook = None if callback is None else NameHook(self, callback)
        self.context.set_tlsext_servername_callback(hook)
        self._name_hook = hook
