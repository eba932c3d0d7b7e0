"""Certificate transparency: what logs have signed about a server's certificate."""

from __future__ import annotations

from OpenSSL._face.common.arguments import named, path_bytes
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import transparency as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from OpenSSL._types import Path

    class SignedTimestamp(TypedDict):
        """What a log has signed: that it will list the certificate."""

        version: int
        log_id: bytes
        timestamp: float
        source: str
        validation_status: str


__all__ = ["ConnectionTransparency", "ContextTransparency"]

#: Where a timestamp came from, by OpenSSL's numbers.
_SOURCES = ("unknown", "tls_extension", "x509v3_extension", "ocsp_stapled_response")


def _need() -> None:
    if not native.has_transparency:
        raise NotImplementedError("this OpenSSL was built without certificate transparency (no-ct)")


class ContextTransparency(native_context.Context):
    """Whether clients ask for timestamps of logs."""

    __slots__ = ()

    def enable_ct(self, strict: bool = True) -> None:
        """Ask servers for timestamps that logs have signed, on connections made from now on.

        With ``strict`` a server that has no valid one is refused; without, they are looked at
        for :meth:`Connection.get_peer_scts` alone. Known are the logs of
        :meth:`set_ctlog_list_file`. Only what ``VERIFY_PEER`` has found to be good is looked
        at, and no certificate that is trusted by itself. A client that asks resumes no
        session.

        Raises Error if it cannot be asked for, NotImplementedError where OpenSSL was built
        without it.
        ``SSL_CTX_enable_ct(3)``
        """
        _need()
        native.context_enable(self, bool(strict))

    def disable_ct(self) -> None:
        """Do not ask for timestamps.

        ``SSL_CTX_set_ct_validation_callback(3)``
        """
        native.context_disable(self)

    def ct_is_enabled(self) -> bool:
        """Whether timestamps are asked for.

        ``SSL_CTX_ct_is_enabled(3)``
        """
        return native.context_is_enabled(self)

    def set_ctlog_list_file(self, path: Path) -> None:
        """Know the logs in a file, in OpenSSL's format for it.

        Raises Error if it cannot be read or is malformed, and NotImplementedError where
        OpenSSL was built without certificate transparency.
        ``SSL_CTX_set_ctlog_list_file(3)``
        """
        _need()
        name = path_bytes(path)
        named(name, native.set_log_file, self, name)

    def set_default_ctlog_list_file(self) -> None:
        """Know the logs in OpenSSL's own place, or in the one that ``CTLOG_FILE`` names.

        Raises what :meth:`set_ctlog_list_file` raises.
        ``SSL_CTX_set_default_ctlog_list_file(3)``
        """
        _need()
        native.set_log_file(self, None)


class ConnectionTransparency(native_connection.Connection):
    """What logs say about this connection's server."""

    __slots__ = ()

    def enable_ct(self, strict: bool = True) -> None:
        """Ask for timestamps on this connection; see :meth:`Context.enable_ct`.

        ``SSL_enable_ct(3)``
        """
        _need()
        native.enable(self, bool(strict))

    def disable_ct(self) -> None:
        """Do not ask for timestamps on this connection.

        ``SSL_set_ct_validation_callback(3)``
        """
        native.disable(self)

    def ct_is_enabled(self) -> bool:
        """Whether timestamps are asked for on this connection.

        ``SSL_ct_is_enabled(3)``
        """
        return native.is_enabled(self)

    def get_peer_scts(self) -> list[SignedTimestamp]:
        """What logs have signed about the peer's certificate, with OpenSSL's verdict on each.

        ``timestamp`` is in seconds since 1970; ``source`` says where it came from:
        ``"tls_extension"``, ``"x509v3_extension"`` or ``"ocsp_stapled_response"``;
        ``validation_status`` is ``"valid"``, ``"unknown log"``, ``"not set"`` where nobody has
        asked for a verdict, and so on.

        ``SSL_get0_peer_scts(3)``
        """
        return [
            {
                "version": version,
                "log_id": log,
                "timestamp": milliseconds / 1000,
                "source": _SOURCES[source if 0 <= source < len(_SOURCES) else 0],
                "validation_status": verdict,
            }
            for version, log, milliseconds, source, verdict in native.get_timestamps(self)
        ]
