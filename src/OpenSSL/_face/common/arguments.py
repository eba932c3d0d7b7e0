"""The checks that every face shares; each either returns a usable value or raises.

A face calls these directly from its public method: the warning for text is
attributed two frames up, which is then the program's own line.
"""

from __future__ import annotations

import os
import warnings

from OpenSSL._exceptions import CryptoError, Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    _Value = TypeVar("_Value")
    _Hook = TypeVar("_Hook", bound=Callable[..., Any])

__all__ = [
    "among",
    "explained",
    "function",
    "hook",
    "integer",
    "listed",
    "named",
    "octets",
    "path_bytes",
    "spelled",
    "text_to_bytes",
    "unix_time",
    "unlike",
    "without_nul",
]


def text_to_bytes(label: str, value: object) -> bytes:
    """Return ``value`` as bytes; text is encoded as UTF-8, with a warning.

    Raises TypeError if it is neither text nor a contiguous bytes-like object.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        warnings.warn(
            f"str for {label} is no longer accepted, use bytes",
            DeprecationWarning,
            stacklevel=3,
        )
        return value.encode("utf-8")
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{label} must be a byte string, not {type(value).__name__}")


def path_bytes(value: object) -> bytes:
    """Return a path in the bytes of the file system's encoding.

    Raises TypeError if it is not a path, ValueError for one with a NUL byte.
    """
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"a path must be str, bytes or os.PathLike, not {type(value).__name__}")
    path = os.fsencode(value)
    if b"\0" in path:
        raise ValueError("a path must not contain a NUL byte")
    return path


def explained(data: bytes, load: Callable[..., Any], *arguments: object) -> Any:
    """Return ``load(*arguments)``; an error of OpenSSL's says what ``data`` holds instead."""
    try:
        return load(*arguments)
    except (Error, CryptoError) as error:
        _add("of_content", error, data)
        raise


def named(path: bytes | None, load: Callable[..., Any], *arguments: object) -> Any:
    """Return ``load(*arguments)``; an error of OpenSSL's says which file it is about."""
    try:
        return load(*arguments)
    except (Error, CryptoError) as error:
        if path:
            _add("of_file", error, os.fsdecode(path))
        raise


def _add(which: str, error: Error | CryptoError, about: object) -> None:
    """Put the words of a function of ``contents`` below an error."""
    try:
        # Slow to load, and not before there is an error.
        from OpenSSL._face.common import contents

        words = getattr(contents, which)(about, error.errors)
    except Exception:  # noqa: BLE001
        return  # without memory, or where the interpreter ends, the error comes without it
    if words:
        error.add_note(words)


def unlike(value: object, maker: str) -> str:
    """Say what ``value`` is instead of an object that ``maker`` makes of a file's content."""
    kind = type(value).__name__
    if isinstance(value, (str, bytes, os.PathLike)):
        return f"{kind}; {maker} makes one of what is in a file"
    return kind


def unix_time(name: str, value: object) -> int:
    """Return a ``datetime.datetime`` in seconds since 1970; without a zone it is in UTC.

    Raises TypeError if it is not one.
    """
    # Together they take as long to load as all of the core.
    import calendar
    import datetime

    if not isinstance(value, datetime.datetime):
        raise TypeError(f"{name} must be a datetime.datetime, not {type(value).__name__}")
    return calendar.timegm(value.utctimetuple())


def without_nul(name: str, value: bytes) -> bytes:
    """Return ``value``; raise ValueError if C would take a part of it for the whole."""
    if b"\0" in value:
        raise ValueError(f"{name} must not contain a NUL byte")
    return value


def integer(name: str, value: object) -> int:
    """Return ``value`` if it is an int, else raise TypeError."""
    if not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    return value


def hook(name: str, value: _Hook | None) -> _Hook | None:
    """Return ``value`` if it can be called or is None, else raise TypeError.

    It is asked in the middle of a call of libssl and has to answer there, so a coroutine
    function is refused: what it returns is not an answer.
    """
    return None if value is None else function(name, value, "a handshake")


def function(name: str, value: _Hook, asked: str) -> _Hook:
    """Return ``value`` if it can be called, else raise TypeError; ``asked`` says in what it is.

    Not a coroutine function either: it is called where nothing can be awaited.
    """
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {type(value).__name__}")
    if _is_async(value):
        raise TypeError(f"{name} must be an ordinary function: {asked} cannot wait for a coroutine")
    return value


def octets(name: str, value: object) -> bytes:
    """Return ``value`` as bytes; raise TypeError for anything else, text included."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{name} must be a byte string, not {type(value).__name__}")


def spelled(name: str, value: object) -> bytes:
    """Return text in UTF-8, or bytes as they are; raise TypeError for anything else."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{name} must be bytes or str, not {type(value).__name__}")


def listed(name: str, value: object) -> bytes:
    """Return OpenSSL's names with colons between, text or bytes, as bytes.

    Raises TypeError for anything else, ValueError for a NUL byte.
    """
    return without_nul(name, spelled(name, value))


def among(name: str, values: object, known: Mapping[str, _Value]) -> list[_Value]:
    """Return what each of some names stands for.

    Raises TypeError if it is not a list of text, ValueError for a name that nobody knows.
    """
    if isinstance(values, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be a list of names, not {type(values).__name__}")
    found = []
    for each in values:  # type: ignore[attr-defined]
        if not isinstance(each, str):
            raise TypeError(f"{name} must be a list of names, not of {type(each).__name__}")
        if each not in known:
            raise ValueError(f"{name} must be among {', '.join(known)}")
        found.append(known[each])
    return found


def _is_async(value: Any) -> bool:
    """Return whether calling ``value`` gives a coroutine, or something else to be awaited."""
    if type(value).__module__ == "functools":
        value = getattr(value, "func", value)
    code = getattr(value, "__code__", None)
    if code is None:
        code = getattr(type(value).__call__, "__code__", None)
    # CO_COROUTINE, CO_ITERABLE_COROUTINE and CO_ASYNC_GENERATOR, as in `inspect`.
    return bool(getattr(code, "co_flags", 0) & (0x80 | 0x100 | 0x200))
