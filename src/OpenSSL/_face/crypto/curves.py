"""Elliptic curves by name."""

from __future__ import annotations

from OpenSSL._native.crypto import curves as native

__all__ = ["EllipticCurve", "curve_name", "get_elliptic_curve", "get_elliptic_curves"]

# Other programs' names for curves that OpenSSL calls differently.
_ALSO_KNOWN = {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}


class EllipticCurve:
    """A curve of the linked OpenSSL; ``name`` is its short name."""

    def __init__(self, nid: int, name: str) -> None:
        self._nid = nid
        self.name = name

    def _to_EC_KEY(self) -> EllipticCurve:
        return self

    def __repr__(self) -> str:
        return f"<Curve {self.name!r}>"


EllipticCurve.__module__ = "OpenSSL.crypto"
EllipticCurve.__name__ = EllipticCurve.__qualname__ = "_EllipticCurve"


_found: list[frozenset[EllipticCurve]] = []


def _known() -> frozenset[EllipticCurve]:
    # Two threads may both look; what was found first is what everybody gets.
    if not _found:
        _found.append(frozenset(EllipticCurve(nid, name) for nid, name in native.list_curves()))
    return _found[0]


def get_elliptic_curves() -> set[EllipticCurve]:
    """All curves this OpenSSL has, the same objects every time.

    ``EC_get_builtin_curves(3)``
    """
    return set(_known())


def get_elliptic_curve(name: str) -> EllipticCurve:
    """The curve of this short name, as ``"prime256v1"``; ValueError when there is none.

    ``EC_get_builtin_curves(3)``
    """
    for curve in _known():
        if curve.name == name:
            return curve
    raise ValueError("unknown curve name", name)


def curve_name(value: object) -> str:
    """OpenSSL's name for one of our curves or cryptography's; AttributeError for others."""
    try:
        name = value.name  # type: ignore[attr-defined]
    except AttributeError:
        raise AttributeError(
            f"a {type(value).__name__} is not a curve, which has a name: get_elliptic_curve finds "
            "one by that, and set_groups_list takes names"
        ) from None
    if not isinstance(name, str):
        raise TypeError(f"the name of a curve must be a str, not {type(name).__name__}")
    return _ALSO_KNOWN.get(name, name)
