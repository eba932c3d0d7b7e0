"""Print the package's installable Python files, one per line, relative to the package."""

import pathlib
import sys

root = pathlib.Path(sys.argv[1])
names = sorted(
    path.relative_to(root).as_posix()
    for pattern in ("*.py", "*.pyi", "*.pxd", "*.h", "py.typed")
    for path in root.rglob(pattern)
)
print("\n".join(names))
