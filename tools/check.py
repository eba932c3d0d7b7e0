"""Run every check of the sources; ``python tools/check.py [name ...]``.

Each check is quiet when it passes and shows its whole output when it fails.
All of them run, as many at once as there are processors, whatever fails; the exit status is 1
when any did.  What has passed is not done again until something changes that it looks at.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "src/OpenSSL/_native"

PROCESSORS = os.cpu_count() or 1

#: What has passed, one digest of what was looked at on each line.
MEMORY = ROOT / ".build/checks.txt"

#: Returns the exit status and the output of one check.
Check = Callable[[], "tuple[int, str]"]
#: The status of a check that this Python cannot make; its output says why.
SKIPPED = -1


def run(*command: str, path: Path = ROOT / "src") -> tuple[int, str]:
    """Run a program in the project's root; a name is looked for beside this Python.

    ``path`` is where pyright finds the package.
    """
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [str(program) if program.exists() else command[0], *command[1:]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        # The editable package is found by an import hook, which checkers do not run.
        env={**os.environ, "PYTHONPATH": str(path)} if command[0] == "pyright" else None,
    )
    return done.returncode, done.stdout


def python(*arguments: str) -> tuple[int, str]:
    """Run this Python."""
    return run(Path(sys.executable).name, *arguments)


def digest_of(check: Check, patterns: tuple[str, ...]) -> str:
    """What a check depends on: its own text, the tools with all they find installed, files."""
    installed = sorted(f"{each.name} {each.version}" for each in importlib.metadata.distributions())
    digest = hashlib.sha256(f"{check.__name__} {sys.prefix} {sys.version} {installed}".encode())
    fixed = [Path(__file__), ROOT / "pyproject.toml"]
    found = [path for pattern in patterns for path in sorted((ROOT / "src").rglob(pattern))]
    for path in fixed + found:
        digest.update(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def remembered(*patterns: str) -> Callable[[Check], Check]:
    """Have a check of files below src passed at once where it passed the same files before."""

    def wrap(check: Check) -> Check:
        @functools.wraps(check)
        def ask() -> tuple[int, str]:
            digest = digest_of(check, patterns)
            if MEMORY.exists() and digest in MEMORY.read_text().split():
                return 0, ""
            status, output = check()
            # What was changed meanwhile is looked at next time.
            if status == 0 and digest_of(check, patterns) == digest:
                MEMORY.parent.mkdir(exist_ok=True)
                with MEMORY.open("a") as memory:
                    memory.write(digest + "\n")
            return status, output

        return ask

    return wrap


def constants() -> tuple[int, str]:
    """The generated files are what tools/constants.txt says."""
    return python("tools/make_constants.py", "--check")


def ruff() -> tuple[int, str]:
    """Lint and layout of every Python file."""
    lint, lint_output = run("ruff", "check", "--quiet", ".")
    layout, layout_output = run("ruff", "format", "--quiet", "--diff", ".")
    return lint or layout, lint_output + layout_output


def cython_lint() -> tuple[int, str]:
    """Lint of the native core: of what has changed, for the linter itself remembers nothing."""
    rules = importlib.metadata.version("cython-lint") + (ROOT / "pyproject.toml").read_text()
    digests = {
        path: hashlib.sha256(rules.encode() + path.read_bytes()).hexdigest()
        for path in sorted(NATIVE.rglob("*.p[yx][xd]"))
    }
    memory = ROOT / ".build/cython_lint.txt"
    passed = set(memory.read_text().split()) if memory.exists() else set()
    changed = [str(path) for path, digest in digests.items() if digest not in passed]
    if not changed:
        return 0, ""
    shares = [changed[start::PROCESSORS] for start in range(PROCESSORS)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda share: run("cython-lint", *share), filter(None, shares)))
    status = max(each for each, _ in done)
    if not status:
        memory.parent.mkdir(exist_ok=True)
        memory.write_text("\n".join(digests.values()))
    return status, "".join(output for _, output in done)


def mypy() -> tuple[int, str]:
    """Types, strictly."""
    status, output = run("mypy", "--no-error-summary")
    more, more_output = run("mypy", "--no-error-summary", "benchmarks")
    return status or more, output + more_output


@remembered("*.py", "*.pyi")
def pyright() -> tuple[int, str]:
    """Types, by the other checker."""
    status, output = run("pyright", "--warnings", "src")
    if "Error: Cannot find module" in output or "nodeenv" in output:
        return status, "pyright found no node; install pyright[nodejs]\n" + output
    return status, output


@remembered("*.py", "*.pyi")
def verifytypes() -> tuple[int, str]:
    """Every public name has a complete type and a docstring."""
    # Pyright looks at modules with lower-case names only; so OpenSSL.SSL is looked at
    # in a copy of the package that has it a second time, as OpenSSL.lower.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "OpenSSL"
        shutil.copytree(ROOT / "src/OpenSSL", copy)
        shutil.copy(copy / "SSL.py", copy / "lower.py")
        status, output = run(
            *("pyright", "--ignoreexternal", "--verifytypes", "OpenSSL"), path=Path(folder)
        )
    if "OpenSSL.lower" not in output:
        return 1, "OpenSSL.SSL was not looked at\n" + output
    undocumented = re.findall(r"(?:Functions|Classes) without docstring: (\d+)", output)
    return int(status != 0 or set(undocumented) != {"0"}), output


@remembered("*.pyi", "*.pyx", "*.pxd", "*.h", "meson.build")
def stubs() -> tuple[int, str]:
    """The stubs of the native core describe the modules that were built."""
    code = "from OpenSSL._native.common import constants as c; print(*c.absent); print(*c.__all__)"
    status, output = python("-c", code)
    if status:
        return status, output
    absent, names_of_constants = (line.split() for line in output.splitlines())
    names = sorted(
        f"OpenSSL._native.{path.parent.name}.{path.stem}" for path in NATIVE.glob("*/*.pyx")
    )
    with tempfile.TemporaryDirectory() as folder:
        allowed = Path(folder) / "allowed.txt"
        # Constants the headers lack, and what Cython puts into every module.
        lines = [f"OpenSSL._native.common.constants.{name}" for name in absent]
        lines += [r"OpenSSL\._native\.common\.constants\.__all__"] if lines else []
        # Constructors of extension types do not tell their arguments.
        lines += [r".*\.__init__"]
        # Constants that another native module imports by name.
        lines += [rf"OpenSSL\._native\.\w+\.(?!constants)\w+\.({'|'.join(names_of_constants)})"]
        lines += [r".*\.__pyx_capi__", r".*\.__test__", r".*\.__reduce_cython__"]
        lines += [r".*\.__setstate_cython__", r".*\.__pyx_vtable__"]
        allowed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return python(
            *(
                "-m",
                "mypy.stubtest",
                "--concise",
                "--ignore-unused-allowlist",
                "--ignore-disjoint-bases",
            ),
            *("--mypy-config-file", "pyproject.toml"),
            *("--allowlist", str(allowed)),
            *names,
        )


def workflows() -> tuple[int, str]:
    """Workflows ask for little, and name what they run by its hash."""
    if sys.version_info < (3, 11):
        return SKIPPED, "there is no zizmor for Python 3.10\n"
    return run(
        str(Path(sys.executable).parent / "zizmor"), "--offline", "--quiet", ".github/workflows"
    )


# The longest ones first: they run beside the others.
CHECKS: list[Check] = [pyright, cython_lint, verifytypes, mypy, stubs, ruff, constants, workflows]


def timed(check: Check) -> tuple[float, int, str]:
    """The seconds that a check took, its status and its output."""
    start = time.monotonic()
    status, output = check()
    return time.monotonic() - start, status, output


def main(wanted: list[str]) -> int:
    """Run the checks named, or all of them."""
    checks = [check for check in CHECKS if not wanted or check.__name__ in wanted]
    failed = []
    with concurrent.futures.ThreadPoolExecutor(PROCESSORS) as pool:
        for check, (seconds, status, output) in zip(checks, pool.map(timed, checks), strict=True):
            word = {0: "ok", SKIPPED: "not made"}.get(status, "FAILED")
            print(f"{check.__name__:12} {word:8} {seconds:5.1f} s")
            if word == "FAILED":
                failed.append(check.__name__)
            if status:
                print(output)
            sys.stdout.flush()
    if failed:
        print(f"checks that failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
