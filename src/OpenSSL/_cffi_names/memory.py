"""``ffi``: as much of cffi's memory as the functions answered here need."""

from __future__ import annotations

from typing import Any

from OpenSSL._cffi_names.hints import lacking

__all__ = ["NULL", "Cell", "Memory", "Space", "ffi"]


class _Null:
    """The pointer to nothing: false, and equal to itself only."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<NULL>"


NULL = _Null()


class Space:
    """``char[n]``: room that a function writes text into."""

    def __init__(self, content: int | bytes) -> None:
        ends = b"" if isinstance(content, int) else b"\0"
        self.content = bytearray(content) + ends

    def __len__(self) -> int:
        return len(self.content)

    def __getitem__(self, index: Any) -> Any:
        part = self.content[index]
        return bytes((part,)) if isinstance(part, int) else bytes(part)

    def __bytes__(self) -> bytes:
        return bytes(self.content)

    def write(self, text: bytes, size: int) -> None:
        """Write ``text`` and the NUL byte behind it, cut to ``size`` bytes in all."""
        room = min(size, len(self.content))
        if room > 0:
            cut = text[: room - 1] + b"\0"
            self.content[: len(cut)] = cut


class Cell:
    """A pointer to one value, which a function puts in and ``[0]`` gets."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __getitem__(self, index: int) -> Any:
        if index != 0:
            raise IndexError("there is one value here")
        return self._value

    def __setitem__(self, index: int, value: object) -> None:
        if index != 0:
            raise IndexError("there is one value here")
        self._value = value


class Memory:
    """The object that programs find as ``SSL._ffi`` and ``OpenSSL._util.ffi``."""

    NULL = NULL

    def new(self, cdecl: str, init: Any = None) -> Space | Cell:
        """Make a ``char[]`` of that size or content, or a pointer to one value."""
        if cdecl.replace(" ", "") in {"char[]", "unsignedchar[]"} and isinstance(
            init, (int, bytes)
        ):
            return Space(init)
        if cdecl.rstrip().endswith("*"):
            empty: object = NULL if cdecl.count("*") > 1 else 0
            return Cell(empty if init is None else init)
        raise NotImplementedError(f"ffi.new({cdecl!r}) is not answered here; use bytes")

    def string(self, cdata: Any, maxlen: int = -1) -> bytes:
        """Return the bytes up to the first NUL byte, ``maxlen`` at most."""
        text = bytes(cdata) if isinstance(cdata, (bytes, bytearray, Space)) else None
        if text is None:
            raise TypeError(f"there is no text in {cdata!r}")
        text = text.split(b"\0", 1)[0]
        return text if maxlen < 0 else text[:maxlen]

    def buffer(self, cdata: Space | bytes, size: int = -1) -> bytes:
        """Return the first ``size`` bytes, or all of them."""
        return bytes(cdata) if size < 0 else bytes(cdata)[:size]

    def gc(self, cdata: Any, destructor: object, size: int = 0) -> Any:
        """Return the object itself, which frees itself."""
        return cdata

    def __getattr__(self, name: str) -> Any:
        raise lacking("ffi", name)


ffi = Memory()
