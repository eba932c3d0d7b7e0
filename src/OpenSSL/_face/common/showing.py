"""How objects show themselves: one short line for people, with no secret in it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_any_case", "shown"]

#: Names of peers and files may have any length.
_LONGEST = 200


def shown(thing: object, tell: Callable[[], list[str]]) -> str:
    """Return what every object shows, class and address, and what ``tell`` returns."""

    def line() -> str:
        words = ascii(", ".join(tell()))[1:-1]
        if len(words) > _LONGEST:
            words = f"{words[:_LONGEST]}..."
        return f"{object.__repr__(thing)[:-1]}, {words}>"

    return in_any_case(thing, line)


def in_any_case(thing: object, line: Callable[[], str]) -> str:
    """Return ``line()``, or where that fails what every object shows.

    A repr is asked for in the middle of other failures: of objects that were never
    initialised, without memory, or as the interpreter ends.
    """
    try:
        return line()
    except Exception:  # noqa: BLE001 - whatever it was, nobody has asked for it
        return object.__repr__(thing)
