"""How strict a bridged context is: verification, versions and options."""

from __future__ import annotations

import operator
import ssl
import warnings
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.errors import failure, translated
from OpenSSL._native.common.constants import (
    TLS1_3_VERSION,
    VERIFY_FAIL_IF_NO_PEER_CERT,
    VERIFY_NONE,
    VERIFY_PEER,
)
from OpenSSL._native.ssl import trust

if TYPE_CHECKING:
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.context import Context

__all__ = ["Rules"]

MODES = {
    ssl.CERT_NONE: VERIFY_NONE,
    ssl.CERT_OPTIONAL: VERIFY_PEER,
    ssl.CERT_REQUIRED: VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT,
}
#: Of a certificate's names alone: no wildcard for a part of a label, as `ssl` has it.
NO_PARTIAL_WILDCARDS = 4
OLD_OPTIONS = (
    ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1 | ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
)
OLD_VERSIONS = (0x300, 0x301, 0x302)
VARIABLE = (ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER)


def number(what: str, value: Any) -> int:
    """Return an integer that is not negative."""
    whole = operator.index(value)
    if whole < 0:
        raise OverflowError(f"{what} must not be negative")
    return whole


def small(value: Any) -> int:
    """Return an integer that C's has room for, as ``ssl`` does."""
    whole = operator.index(value)
    if not -(1 << 31) <= whole < 1 << 31:
        raise OverflowError("the integer is too large")
    return whole


class Rules:
    """The half of a bridged context that says what is accepted."""

    #: The Context behind.
    context: Context
    _protocol: ssl._SSLMethod
    _check: bool | None
    _host_flags: int
    _late: bool
    #: Whether CERT_OPTIONAL was asked for by that name.
    _optional: bool

    @property
    def protocol(self) -> ssl._SSLMethod:
        """What the context is for: both sides, clients or servers."""
        return self._protocol

    def check_role(self, server_side: bool) -> None:
        """Refuse the side that the context is not for."""
        if server_side and self._protocol == ssl.PROTOCOL_TLS_CLIENT:
            raise failure("Cannot create a server socket with a PROTOCOL_TLS_CLIENT context")
        if not server_side and self._protocol == ssl.PROTOCOL_TLS_SERVER:
            raise failure("Cannot create a client socket with a PROTOCOL_TLS_SERVER context")

    # ---- verification

    @property
    def verify_mode(self) -> ssl.VerifyMode:
        """Whether peers are verified, and whether they must have a certificate."""
        mode = self.context.get_verify_mode()
        if not mode & VERIFY_PEER:
            return ssl.CERT_NONE
        if mode & VERIFY_FAIL_IF_NO_PEER_CERT:
            return ssl.CERT_REQUIRED
        # Servers always have one: a client that verifies requires it, and programs look here
        # to see whether it does.
        asks = self._protocol == ssl.PROTOCOL_TLS_CLIENT and not self._optional
        return ssl.CERT_REQUIRED if asks else ssl.CERT_OPTIONAL

    @verify_mode.setter
    def verify_mode(self, value: int) -> None:
        wanted = small(value)
        if wanted not in MODES:
            raise ValueError("invalid value for verify_mode")
        if wanted == ssl.CERT_NONE and self.check_hostname:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        mode = MODES[ssl.VerifyMode(wanted)]
        if mode:
            # What else was asked for stays, as VERIFY_CLIENT_ONCE.
            mode |= self.context.get_verify_mode() & ~MODES[ssl.CERT_REQUIRED]
        trust.set_verify_mode(self.context, mode)
        self._optional = wanted == ssl.CERT_OPTIONAL

    @property
    def check_hostname(self) -> bool:
        """Whether a server's certificate has to be for the host; on where clients verify."""
        if self._check is not None:
            return self._check
        return self._protocol != ssl.PROTOCOL_TLS_SERVER and self.verify_mode != ssl.CERT_NONE

    @check_hostname.setter
    def check_hostname(self, value: object) -> None:
        wanted = bool(value)
        if wanted and self.verify_mode == ssl.CERT_NONE:
            self.verify_mode = ssl.CERT_REQUIRED
        self._check = wanted

    def checks_host(self, connection: Connection) -> bool:
        """Return whether a client's connection has to check the host; never without verifying."""
        verifies = bool(connection.get_verify_mode() & VERIFY_PEER)
        if self._check and not verifies:
            raise ValueError("check_hostname requires a Context that verifies: set_verify")
        return verifies if self._check is None else self._check

    @property
    def hostname_checks_common_name(self) -> bool:
        """Whether the subject's common name counts where there are no alternative names."""
        return not self._host_flags & ssl._ssl.HOSTFLAG_NEVER_CHECK_SUBJECT  # type: ignore[attr-defined]

    @hostname_checks_common_name.setter
    def hostname_checks_common_name(self, value: object) -> None:
        never = ssl._ssl.HOSTFLAG_NEVER_CHECK_SUBJECT  # type: ignore[attr-defined]
        self._host_flags = self._host_flags & ~never if value else self._host_flags | never

    @property
    def verify_flags(self) -> ssl.VerifyFlags:
        """How chains are verified."""
        return ssl.VerifyFlags(self.context.get_verify_flags())

    @verify_flags.setter
    def verify_flags(self, value: int) -> None:
        flags = number("verify_flags", value)
        before = self.context.get_verify_flags()
        # More first: nothing is let in between that neither would.
        self.context.set_verify_flags(flags & ~before)
        self.context.clear_verify_flags(before & ~flags)

    @property
    def post_handshake_auth(self) -> bool:
        """Whether certificates may be asked for after the handshake, over TLS 1.3."""
        return self._late

    @post_handshake_auth.setter
    def post_handshake_auth(self, value: object) -> None:
        self._late = bool(value)

    @post_handshake_auth.deleter
    def post_handshake_auth(self) -> None:
        raise AttributeError("cannot delete attribute")

    # ---- versions and options

    @property
    def options(self) -> ssl.Options:
        """The options in force."""
        return ssl.Options(self.context.get_options())

    @options.setter
    def options(self, value: int) -> None:
        wanted = number("options", value)
        before = self.context.get_options()
        if wanted & ~before & OLD_OPTIONS:
            warnings.warn(
                "ssl.OP_NO_SSL*/ssl.OP_NO_TLS* options are deprecated",
                DeprecationWarning,
                stacklevel=2,
            )
        self.context.set_options(wanted & ~before)
        self.context.clear_options(before & ~wanted)

    @property
    def minimum_version(self) -> ssl.TLSVersion:
        """The oldest protocol version that is accepted."""
        version = self.context.get_min_proto_version()
        return ssl.TLSVersion(version or ssl.TLSVersion.MINIMUM_SUPPORTED)

    @minimum_version.setter
    def minimum_version(self, value: int) -> None:
        version = self._version(value)
        if version == ssl.TLSVersion.SSLv3:
            self.context.clear_options(ssl.OP_NO_SSLv3)
        if version == ssl.TLSVersion.MAXIMUM_SUPPORTED:
            version = TLS1_3_VERSION
        self._set_version(
            self.context.set_min_proto_version,
            0 if version == ssl.TLSVersion.MINIMUM_SUPPORTED else version,
        )

    @property
    def maximum_version(self) -> ssl.TLSVersion:
        """The newest protocol version that is accepted."""
        version = self.context.get_max_proto_version()
        return ssl.TLSVersion(version or ssl.TLSVersion.MAXIMUM_SUPPORTED)

    @maximum_version.setter
    def maximum_version(self, value: int) -> None:
        version = self._version(value)
        if version == ssl.TLSVersion.MINIMUM_SUPPORTED:
            version = 0x301  # the oldest that libssl has in common builds
        self._set_version(
            self.context.set_max_proto_version,
            0 if version == ssl.TLSVersion.MAXIMUM_SUPPORTED else version,
        )

    def _version(self, value: int) -> int:
        version = small(value)
        if self._protocol not in VARIABLE:
            raise ValueError(
                "The context's protocol doesn't support modification of highest and lowest version."
            )
        if not version:
            # To libssl it would mean any.
            raise ValueError("Unsupported protocol version 0x0")
        if version in OLD_VERSIONS:
            warnings.warn(
                f"ssl.TLSVersion.{ssl.TLSVersion(version).name} is deprecated",
                DeprecationWarning,
                stacklevel=3,
            )
        return version

    @staticmethod
    def _set_version(call: Any, version: int) -> None:
        try:
            if version < 0:
                raise OverflowError
            call(version)
        except (ours.Error, OverflowError) as error:
            raise ValueError(f"Unsupported protocol version {version:#x}") from error

    # ---- sessions

    @property
    def num_tickets(self) -> int:
        """How many tickets a server sends after a full handshake of TLS 1.3."""
        return self.context.get_num_tickets()

    @num_tickets.setter
    def num_tickets(self, value: int) -> None:
        count = operator.index(value)
        if count >= 1 << 63:
            raise OverflowError("the integer is too large")
        if count < 0:
            raise ValueError("value must be non-negative")
        if self._protocol == ssl.PROTOCOL_TLS_CLIENT:
            raise ValueError("SSLContext is not a server context.")
        try:
            self.context.set_num_tickets(count)
        except ours.Error as error:
            raise translated(error) from error

    def session_stats(self) -> dict[str, int]:
        """Return the counters of the session cache."""
        counted = self.context.get_session_stats()
        counted.pop("cb_hits", None)
        return counted
