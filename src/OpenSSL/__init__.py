"""``OpenSSL.SSL`` over libssl; sub-modules are imported when they are asked for."""

from __future__ import annotations

from .version import (
    __author__,
    __copyright__,
    __email__,
    __license__,
    __summary__,
    __title__,
    __uri__,
    __version__,
)

__all__ = [
    "SSL",
    "__author__",
    "__copyright__",
    "__email__",
    "__license__",
    "__summary__",
    "__title__",
    "__uri__",
    "__version__",
    "crypto",
]

TYPE_CHECKING = False
# Type checkers know the sub-modules; programs may use them without importing them.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in {"SSL", "crypto", "_util"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
