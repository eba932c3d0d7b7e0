"""The compiled core: a module for each topic, all of them in one library.

The library is the module ``core``, where Cython keeps what the others share.  Python looks
for a module in a file of its own name, so the finder below tells it where the others are.
"""

from __future__ import annotations

import sys

# What importlib.machinery shows, which is slow to load.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader

from OpenSSL._native import core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

FOLDERS = frozenset(f"{__name__}.{folder}" for folder in ("common", "crypto", "ssl"))


class Topic(ExtensionFileLoader):
    """Loads one module of the library."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Ask the library for the module."""
        try:
            return super().create_module(spec)
        except ImportError as reason:
            if f"(PyInit_{spec.name.rpartition('.')[2]})" not in str(reason):
                raise
            raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name) from None


class Topics:
    """Finds the modules of the library; Python asks it first."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Tell where the module is, if it is one of ours."""
        if name.rpartition(".")[0] not in FOLDERS:
            return None
        spec = ModuleSpec(name, Topic(name, core.__file__), origin=core.__file__)
        spec.has_location = True
        return spec


# Once, also where the package is loaded a second time.  First, because Python's own finders
# look for ninety files before they say that there are none: a tenth of what an import takes.
sys.meta_path[:] = [
    Topics,
    *(each for each in sys.meta_path if getattr(each, "__module__", "") != __name__),
]
