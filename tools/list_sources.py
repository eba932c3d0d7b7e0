"""Print the package's installable Python files, one per line, relative to the package.

Patterns after the folder stand for other files.
"""

import pathlib
import sys

root = pathlib.Path(sys.argv[1])
names = sorted(
    path.relative_to(root).as_posix()
    for pattern in sys.argv[2:] or ("*.py", "*.pyi", "py.typed")
    for path in root.rglob(pattern)
)
print("\n".join(names))
