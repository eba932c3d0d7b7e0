"""``X509Name``: the parts of a distinguished name as attributes."""

from __future__ import annotations

from OpenSSL._face.common.arguments import octets, spelled
from OpenSSL._face.common.showing import in_any_case
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import names as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn

__all__ = ["X509Name"]


class X509Name(native.X509Name):
    """A distinguished name; its parts are attributes by OpenSSL's short and long names.

    ``name.CN`` and ``name.commonName`` are the same: the first value as text, or
    None. Assigning replaces it. A name that came from a certificate or request
    is a view of it: assigning changes the certificate.
    ``X509Name(other)`` is a copy that stands alone.
    """

    __module__ = "OpenSSL.crypto"
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, name: X509Name) -> None:
        super().__init__(name)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an X509Name cannot be pickled; store what der() returns")

    @property
    def _name(self) -> X509Name:
        return self

    def __getattr__(self, name: str) -> str | None:
        nid = native.find_nid(name)
        if nid == 0:
            raise AttributeError(f"No such attribute: {name!r}")
        return native.get_attribute(self, nid)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(name, str) and name.startswith("_"):
            super().__setattr__(name, value)
            return
        if type(name) is not str:
            raise TypeError(f"attribute name must be string, not '{type(name).__name__:.200}'")
        nid = native.find_nid(name)
        if nid == 0:
            raise AttributeError(f"No such attribute: {name!r}")
        native.set_attribute(self, nid, spelled("the value", value))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, X509Name):
            return NotImplemented
        return native.compare(self, other) == 0

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, X509Name):
            return NotImplemented
        return native.compare(self, other) < 0

    def __le__(self, other: object) -> bool:
        if not isinstance(other, X509Name):
            return NotImplemented
        return native.compare(self, other) <= 0

    def __gt__(self, other: object) -> bool:
        if not isinstance(other, X509Name):
            return NotImplemented
        return native.compare(self, other) > 0

    def __ge__(self, other: object) -> bool:
        if not isinstance(other, X509Name):
            return NotImplemented
        return native.compare(self, other) >= 0

    def __repr__(self) -> str:
        return in_any_case(
            self,
            lambda: f"<X509Name object '{native.oneline(self).decode('utf-8', 'replace')}'>",
        )

    def __copy__(self) -> X509Name:
        return X509Name(self)

    def __deepcopy__(self, memo: object) -> X509Name:
        return X509Name(self)

    def hash(self) -> int:
        """The number by which hashed directories of certificates find this name.

        ``X509_NAME_hash(3)``
        """
        return native.get_hash(self)

    def der(self) -> bytes:
        """The DER encoding of the name.

        ``i2d_X509_NAME(3)``
        """
        return native.encode(self)

    @staticmethod
    def from_der(data: bytes) -> X509Name:
        """Read a name from DER; it stands alone.

        Raises TypeError if ``data`` is not bytes, Error if they are not a name, or if
        bytes follow it.
        ``d2i_X509_NAME(3)``
        """
        made: X509Name = native.load(octets("data", data))
        return made

    def get_components(self) -> list[tuple[bytes, bytes]]:
        """All parts in order as ``(short name, value)``.

        Values are the bytes in the certificate, in whatever alphabet they were
        written; a part OpenSSL has no name for is called ``b"UNDEF"``.

        ``X509_NAME_get_entry(3)``
        """
        return native.get_components(self)

    def oneline(self) -> bytes:
        r"""The old one-line form, ``b"/C=SE/CN=example"``, never cut short.

        Anything but printable ASCII is written ``\xHH``.

        ``X509_NAME_oneline(3)``
        """
        return native.oneline(self)


owners.set_face(native.X509Name, X509Name)
