"""How a peer's chain is verified: the rules of a Context, and of one connection."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer, unix_time, without_nul
from OpenSSL._native.ssl import parameters as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

__all__ = ["ConnectionParameters", "Parameters"]


class Parameters:
    """The rules that a Context and a connection have alike.

    Those of a Context are for connections made from then on, and for those that are given
    the Context by ``set_context``. Those of a connection are its own: they stay when it is
    given another Context, and no session stands for them.
    """

    __slots__ = ()

    def set_verify_flags(self, flags: int) -> None:
        """Add ``flags``, ``X509StoreFlags`` joined with ``|``, to how chains are verified.

        They are for this Context or connection alone, whatever its store is shared with.

        Raises TypeError if ``flags`` is not an integer, OverflowError if it is negative.
        ``X509_VERIFY_PARAM_set_flags(3)``
        """
        native.set_flags(self, integer("flags", flags))

    def clear_verify_flags(self, flags: int) -> None:
        """Take ``flags`` away from how chains are verified.

        Raises what :meth:`set_verify_flags` raises.
        ``X509_VERIFY_PARAM_clear_flags(3)``
        """
        native.clear_flags(self, integer("flags", flags))

    def get_verify_flags(self) -> int:
        """Return the flags in force, ``X509StoreFlags`` joined with ``|``.

        ``X509_VERIFY_PARAM_get_flags(3)``
        """
        return native.get_flags(self)

    def set_verify_time(self, when: datetime.datetime | None) -> None:
        """Verify as if it were then, to the second; None goes back to the time it is.

        A time without a zone is in UTC. A time that the store was given goes before it.

        Raises TypeError if it is not a datetime.
        ``X509_VERIFY_PARAM_set_time(3)``
        """
        native.set_time(self, None if when is None else unix_time("when", when))

    def get_verify_time(self) -> datetime.datetime | None:
        """The time given to :meth:`set_verify_time`, in UTC; None when it is the time it is.

        ``X509_VERIFY_PARAM_get_time(3)``
        """
        seconds = native.get_time(self)
        if seconds is None:
            return None
        import datetime  # slow to load, and rarely needed

        start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return start + datetime.timedelta(seconds=seconds)

    def set_verify_auth_level(self, level: int) -> None:
        """Accept only keys and signatures of this level of strength, 0 to 5, in a chain.

        -1 stands for the security level of the connection, which it is unless set.

        Raises TypeError if ``level`` is not an integer, ValueError if there is no such level.
        ``X509_VERIFY_PARAM_set_auth_level(3)``
        """
        if not -1 <= integer("level", level) <= 5:
            raise ValueError("level must be from -1 to 5")
        native.set_level(self, level)

    def get_verify_auth_level(self) -> int:
        """The level given to :meth:`set_verify_auth_level`; -1 when none was.

        ``X509_VERIFY_PARAM_get_auth_level(3)``
        """
        return native.get_level(self)

    def set_purpose(self, name: str) -> None:
        """Accept a peer only if its certificate may be used for a purpose.

        The name is OpenSSL's: ``"sslserver"``, which clients ask for unless told
        otherwise, ``"sslclient"``, which servers do, ``"smimesign"``, ``"any"`` and so on.

        Raises ValueError for a purpose that OpenSSL does not know, TypeError if it is not
        text.
        ``X509_VERIFY_PARAM_set_purpose(3)``
        """
        native.set_purpose(self, _name("name", name))

    def set_trust(self, name: str) -> None:
        """Ask how far the trusted certificate is trusted: for what its file says.

        Only files with ``TRUSTED CERTIFICATE`` say so, and ``name`` is what they are asked:
        ``"ssl_server"``, ``"ssl_client"``, ``"compat"``, ``"email"``, ``"object_sign"``,
        ``"ocsp_sign"``, ``"ocsp_request"`` or ``"tsa"``.

        Raises ValueError for another name.
        ``X509_VERIFY_PARAM_set_trust(3)``
        """
        if not isinstance(name, str):
            raise TypeError("name must be text")
        native.set_trust(self, name)

    def set_verify_policies(self, policies: Iterable[str]) -> None:
        """Let certificates be judged by these policies, object identifiers in numbers or names.

        They are looked at because of it; a chain that is valid for none of them is refused
        only where ``X509StoreFlags.EXPLICIT_POLICY`` is set as well.

        Raises Error if one is not an object identifier, TypeError if one is not text.
        ``X509_VERIFY_PARAM_set1_policies(3)``
        """
        if isinstance(policies, (str, bytes)):
            raise TypeError("policies must be several texts, not one")
        native.set_policies(self, [_name("a policy", each) for each in policies])


class ConnectionParameters(Parameters):
    """The rules of one connection."""

    __slots__ = ()

    def set_verify_depth(self, depth: int) -> None:
        """Accept at most ``depth`` certificates between the peer's and the trusted one.

        Raises TypeError if ``depth`` is not an integer.
        ``SSL_set_verify_depth(3)``
        """
        native.set_depth(self, integer("depth", depth))

    def get_verify_depth(self) -> int:
        """The depth in force on this connection; -1 when none was given.

        ``SSL_get_verify_depth(3)``
        """
        return native.get_depth(self)


def _name(what: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be text")
    return without_nul(what, value.encode())
