"""Translate the native core to C, with Cython, as the build asks for it.

    tools/cythonize.py CYTHON FOLDER DECLARATIONS... -- [OPTION...] -- FILE.pyx...

Writes FILE.c for each FILE.pyx into FOLDER, and core.c with what Cython shares between
them.  One start of Cython translates many files, and there are as many starts as
processors: reading Cython and the declarations takes most of the time otherwise.

Only what has changed is translated: a file, a declaration that it may use, an option or
Cython itself.  Only what comes out different is written, so that nothing is compiled
without need.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

#: The module that holds what all others share; the library is called like it.
SHARED = "OpenSSL._native.core"
#: How a file says which declarations it uses; tests/meta/test_rebuilds.py allows no other way.
USES = re.compile(
    r"^\s*(?:from\s+(OpenSSL[\w.]*)\s+cimport|cimport\s+(OpenSSL[\w.]*))", re.MULTILINE
)


def digest(paths: Iterable[Path], *words: str) -> str:
    """Fingerprint of words and of files, their names included."""
    state = hashlib.sha256()
    for word in words:
        state.update(word.encode() + b"\0")
    for path in paths:
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def declarations_of(source: Path, known: dict[str, Path]) -> list[Path]:
    """The .pxd files that a file uses, through others as well, and its own."""
    found: dict[str, Path] = {}
    waiting = [source]
    own = next((path for path in known.values() if path == source.with_suffix(".pxd")), None)
    if own is not None:
        waiting.append(own)
    while waiting:
        path = waiting.pop()
        if path.suffix == ".pxd":
            found[str(path)] = path
        for first, second in USES.findall(path.read_text(encoding="utf-8")):
            used = known.get(first or second)
            if used is not None and str(used) not in found:
                waiting.append(used)
    return [found[name] for name in sorted(found)]


def newer(told: str, *version: int) -> bool:
    """Whether Cython tells that it is of this version or a newer one."""
    numbers = re.search(r"(\d+)\.(\d+)", told)
    return numbers is not None and tuple(int(each) for each in numbers.groups()) >= version


def translations(
    cython: str, options: list[str], sources: list[Path], scratch: Path
) -> Iterator[list[str]]:
    """How Cython is to be run for the sources: for a share of them each."""
    shares = max(1, min(os.cpu_count() or 1, len(sources) // 4))
    for number in range(shares):
        command = [cython, *options, "--shared", SHARED, "-o", str(scratch)]
        yield [*command, *(path.as_posix() for path in sources[number::shares])]


def sharing(cython: str, version: str, options: list[str], scratch: Path) -> list[str]:
    """How it is to be run for what the modules share, without memoryviews where it can."""
    command = [cython, *options, "--module-name", SHARED]
    command += ["--generate-shared", str(scratch / "core.c")]
    if newer(version, 3, 3):
        # Nobody uses them, and with them an import of ours brings collections.abc: a tenth of it.
        directives = [each for each in options if "=" in each]
        directives.append("subinterpreters_compatible=no")  # like the modules themselves
        command = [cython, "generate-shared", "--exclude", "MemoryView", "--module-name", SHARED]
        command += [word for each in directives for word in ("-X", each)]
        command.append(str(scratch / "core.c"))
    return command


def main(arguments: list[str]) -> int:
    """Translate what has changed."""
    cython, folder, *rest = arguments
    first = rest.index("--")
    second = rest.index("--", first + 1)
    declarations, options = rest[:first], rest[first + 1 : second]
    # Cython writes the paths it is given into what it makes: none of this machine.
    root = Path(__file__).resolve().parent.parent
    out = Path(folder).resolve()
    given = [Path(os.path.relpath(path, root)) for path in rest[second + 1 :]]
    known = {
        ".".join(path.relative_to(root / "src").with_suffix("").parts): path
        for path in (Path(each).resolve() for each in declarations)
    }
    os.chdir(root)

    version = subprocess.run([cython, "--version"], capture_output=True, text=True, check=True)
    told = version.stdout + version.stderr
    common = digest([Path(__file__)], *options, told)
    record = out / "translated.json"
    done = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    wanted = {"core": common}
    for path in given:
        used = declarations_of(path.resolve(), known)
        wanted[path.stem] = digest([path, *used], common)

    def stale(name: str) -> bool:
        return done.get(name) != wanted[name] or not (out / f"{name}.c").exists()

    changed = [path for path in given if stale(path.stem)]
    with tempfile.TemporaryDirectory(dir=out) as made:
        scratch = Path(made)
        commands = [sharing(cython, told, options, scratch)] if stale("core") else []
        if changed:
            commands += translations(cython, options, changed, scratch)
        running = [subprocess.Popen(command) for command in commands]
        statuses = [process.wait() for process in running]
        if any(statuses):
            return 1
        for path in scratch.glob("*.c"):
            target = out / path.name
            if target.exists() and target.read_bytes() == path.read_bytes():
                continue
            path.replace(target)
    record.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
