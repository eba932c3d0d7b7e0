"""The exceptions of the package: classes and one-line contracts; they import nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from OpenSSL._details import ErrorDetail

    _Self = TypeVar("_Self", bound="SysCallError")

__all__ = [
    "CryptoError",
    "Error",
    "OCSPError",
    "SysCallError",
    "WantReadError",
    "WantWriteError",
    "WantX509LookupError",
    "X509StoreContextError",
    "ZeroReturnError",
]


class _Noted(Exception):
    """Notes for Python 3.10, as later ones have them; what shows an error shows them there too."""

    __notes__: list[str]

    def add_note(self, note: str) -> None:
        """Show ``note`` below the error's own words.

        Raises TypeError if ``note`` is not a string.
        """
        if not isinstance(note, str):
            raise TypeError(f"note must be a str, not {type(note).__name__!r}")
        if not hasattr(self, "__notes__"):
            self.__notes__ = []
        self.__notes__.append(note)

    def __str__(self) -> str:
        # Not super()'s: where OSError is a parent too, it would show its arguments in its way.
        return "\n".join([Exception.__str__(self), *getattr(self, "__notes__", ())])


if TYPE_CHECKING or not hasattr(Exception, "add_note"):

    class _Base(_Noted):
        """What the errors below are made of."""

else:
    _Base = Exception


class _Detailed(_Base):
    """What every error drawn from OpenSSL's queue carries beside ``args[0]``."""

    #: The queue's entries, oldest first; empty where OpenSSL was not the judge.
    errors: tuple[ErrorDetail, ...] = ()


class Error(_Detailed):
    """A failure of TLS; ``args[0]`` is a list of ``(library, function, reason)``."""

    #: Number of the TLS alert that ended the connection, if one did.
    alert: int | None = None
    #: Whether that alert was ours; else it was the peer's.
    alert_sent: bool = False
    #: ``X509_V_*`` number of a failed certificate check, else None.
    verify_code: int | None = None
    #: OpenSSL's words for :attr:`verify_code`.
    verify_message: str | None = None
    #: How many bytes of an interrupted ``sendall`` were taken, where it applies.
    bytes_sent: int | None = None


class ZeroReturnError(Error):
    """The peer closed the TLS connection cleanly, with a close_notify alert."""


class WantReadError(Error):
    """Call again with the same arguments when the transport can be read."""


class WantWriteError(Error):
    """Call again with the same arguments when the transport can be written."""


class WantX509LookupError(Error):
    """Call again with the same arguments: a callback asked for more time."""


class SysCallError(Error, OSError):
    """The transport failed, or ended without a close_notify; args are ``(errno, text)``.

    It is an OSError too, and where the number says so also Python's own
    ConnectionResetError, BrokenPipeError, ConnectionAbortedError or
    ConnectionRefusedError.
    """

    def __new__(cls: type[_Self], *args: Any) -> _Self:
        return OSError.__new__(_by_number(cls, args[0]) if args else cls, *args)

    def __str__(self) -> str:
        # OSError would show its arguments in another way than these errors always had.
        return Error.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies are made by the number, as the first one was.
        kind = type(self)
        return SysCallError if kind in _kinds.values() else kind, self.args, self.__dict__


#: Children of SysCallError, by Python's own class that each is a child of as well.
_kinds: dict[type[OSError], type[Any]] = {}


def _by_number(kind: type[Any], number: Any) -> type[Any]:
    """Return the child of SysCallError that an errno asks for, or ``kind`` itself."""
    if kind is not SysCallError or type(number) is not int:
        return kind
    also = type(OSError(number, ""))
    # Not TimeoutError: after that one a connection is as good as it was before.
    if not issubclass(also, ConnectionError):
        return kind
    if also not in _kinds:
        # It has no name of its own: `isinstance` tells what it is.
        place = {"__module__": kind.__module__, "__doc__": kind.__doc__}
        _kinds.setdefault(also, type(kind.__name__, (kind, also), place))
    return _kinds[also]


class CryptoError(_Detailed):
    """A failure outside TLS; ``args[0]`` is a list of ``(library, function, reason)``."""


class X509StoreContextError(_Base):
    """A certificate failed its verification; ``args[0]`` says how in OpenSSL's words."""

    def __init__(self, message: str, errors: list[Any], certificate: Any) -> None:
        super().__init__(message)
        #: ``[code, depth, words]``: an ``X509_V_*`` number and where in the chain.
        self.errors = errors
        #: The X509 that failed, or None when no single one did.
        self.certificate = certificate

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies of exceptions are made by calling the class with `args`, which has the
        # message alone, and subclasses may want something else: nothing is called here.
        import copyreg

        return vars(copyreg)["__newobj__"], (type(self), *self.args), self.__dict__


class OCSPError(_Base):
    """An OCSP response does not vouch for a certificate; ``args[0]`` says why, for people."""

    def __init__(self, reason: str, message: str, answer: Any = None) -> None:
        super().__init__(message)
        #: ``"revoked"``, ``"unknown"``, ``"expired"``, ``"not-yet-valid"``,
        #: ``"other-certificate"``, ``"signature"``, ``"unsuccessful"``, ``"malformed"`` or
        #: ``"missing"``.
        self.reason = reason
        #: The OCSPAnswer that was judged, or None.
        self.answer = answer

    def __reduce__(self) -> tuple[Any, ...]:
        import copyreg  # as above

        return vars(copyreg)["__newobj__"], (type(self), *self.args), self.__dict__


# People see the modules they import from; pickles and tracebacks should too.
for _class in (
    Error,
    ZeroReturnError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
    SysCallError,
):
    _class.__module__ = "OpenSSL.SSL"
CryptoError.__module__ = X509StoreContextError.__module__ = "OpenSSL.crypto"
OCSPError.__module__ = "OpenSSL.crypto"
CryptoError.__name__ = CryptoError.__qualname__ = "Error"
del _class
