"""The tests under AddressSanitizer and UndefinedBehaviorSanitizer, under valgrind, and races.

``make sanitize`` builds the core with both sanitizers into .build/sanitize, runs the
unit tests and those with other programs over it, then the churn of random operations
(tests/fuzz/churn.py), then a loop of handshakes whose leaks LeakSanitizer would report, then
the churn and chosen test files over the ordinary build under valgrind, then what many threads do
under ThreadSanitizer (threads.sh).  Arguments: ``asan``, ``churn``, ``leaks``, ``memcheck`` (the
churn under valgrind), ``valgrind`` or ``threads`` for one of them, ``suite`` for nearly all unit
tests under valgrind, which takes an hour; what follows ``--`` goes to pytest, to churn.py, or to
tests/stress/run.py.
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UNIT = ROOT / "tests" / "unit"
WORK = ROOT / ".build" / "sanitize"
SITE = WORK / "site"
#: The core's own tests; the rest is Python over it and takes valgrind hours.
CORE = (
    *("bio", "connection", "context", "negotiation", "observers", "sessions", "stapling"),
    *("hook_faults", "trust", "stores", "errors", "spoilt_records", "version_rules"),
    *("late_contexts", "late_failures", "signers", "signers_failing", "signers_lifetimes"),
)
#: What these look at is changed by a sanitizer or by valgrind itself.
LEFT_OUT = {
    "test_garbage": "waits for timings of the ordinary build",
    "test_key_memory": "reads all of the process, of which sanitizers reserve terabytes",
    "test_docs": "runs the examples of the pages as programs of their own",
    "test_command": "the same, and it is Python alone",
    "test_failing_leaks": "asks glibc's allocator, which the sanitizers replace",
}
#: What eight threads do at once, of tests/stress, and how long or often.
THREADED = {"chaos.seconds": 600, "refusals.handshakes": 4000, "duplex.mebibytes": 32}
#: Seconds of random operations.
CHURN = 600
#: How each sanitizer begins a report.
REPORT = r"(?:ERROR|WARNING): \w+Sanitizer|runtime error:"
#: Longest time for one test, in seconds.
TEST_PATIENCE = 600


def base_python() -> str:
    # A wrapper script would be watched instead of the interpreter.
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def environment(site: Path | None) -> dict[str, str]:
    unset = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "SSLKEYLOGFILE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    # Packages by their folder alone: the editable one is found by its .pth file.
    packages = sysconfig.get_path("purelib")
    path = [str(site)] if site else []
    path += [str(ROOT / "tests"), packages]
    return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONMALLOC": "malloc"}


def build() -> None:
    """The core with both sanitizers, by meson, beside the ordinary build."""
    folder = WORK / "build"
    meson = str(Path(sys.executable).parent / "meson")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {**os.environ, "PATH": path}
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "env": settings}
    if not (folder / "build.ninja").exists():
        print("Building the core with sanitizers (minutes, once)", flush=True)
        subprocess.run(
            [
                *(meson, "setup", str(folder), str(ROOT), "--prefix", str(SITE)),
                *("--native-file", str(ROOT / ".build" / "tools.ini")),
                *("-Db_sanitize=address,undefined", "-Db_lundef=false"),
                *("-Doptimization=0", "-Ddebug=true", f"-Dpython.platlibdir={SITE}"),
                f"-Dpython.purelibdir={SITE}",
            ],
            **quiet,  # type: ignore[call-overload]
        )
    subprocess.run([meson, "install", "-C", str(folder), "--quiet"], **quiet)  # type: ignore[call-overload]


def runtime(name: str) -> str:
    found = subprocess.run(
        ["cc", f"-print-file-name={name}"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    if not os.path.isabs(found):
        sys.exit(f"the compiler has no {name}: install its sanitizer libraries")
    return found


def sanitized(*, leaks: bool) -> dict[str, str]:
    preload = " ".join(runtime(name) for name in ("libasan.so", "libubsan.so"))
    options = f"detect_leaks={int(leaks)}:allocator_may_return_null=1:abort_on_error=1"
    return environment(SITE) | {
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": options,
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "LSAN_OPTIONS": f"suppressions={HERE / 'leaks.txt'}:exitcode=23",
    }


def report(name: str, done: Done) -> bool:
    """Print the closing line; whether nothing was found."""
    said = done.stdout + done.stderr
    found = len(re.findall(REPORT, said))
    print(f"{name:10} exit {done.returncode}, {found} reports: {last_line(done)}")
    if done.returncode or found:
        first = re.search(REPORT, said)
        print(said[first.start() :][:12000] if first else said[-6000:])
    sys.stdout.flush()
    return done.returncode == 0 and not found


@dataclass(frozen=True)
class Done:
    """What a process that has ended was and said."""

    pid: int
    returncode: int
    stdout: str
    stderr: str


def run(command: list[str], settings: dict[str, str]) -> Done:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        said, complained = process.communicate()
        return Done(process.pid, process.returncode, said, complained)


def pytest(*arguments: str) -> list[str]:
    options = ["-q", "-p", "no:cacheprovider", "-o", f"timeout={TEST_PATIENCE}"]
    # What a sanitizer says must not end in pytest's drawer.
    return ["-m", "pytest", *options, "--capture=sys", *arguments]


def asan(extra: list[str]) -> bool:
    build()
    left_out = [f"--ignore-glob=*/{name}*" for name in LEFT_OUT]
    command = [base_python(), *pytest("tests/unit", "tests/interop", *left_out, *extra)]
    return report("asan+ubsan", run(command, sanitized(leaks=False)))


def churn(extra: list[str]) -> bool:
    """Random operations with every hook; see tests/fuzz/churn.py."""
    build()
    amount = extra or ["--seconds", str(CHURN)]
    done = run([base_python(), str(ROOT / "tests/fuzz/churn.py"), *amount], sanitized(leaks=False))
    return report("churn", done)


def leaks(_extra: list[str]) -> bool:
    build()
    done = run([base_python(), str(HERE / "handshakes.py")], sanitized(leaks=True))
    return report("leaks", done)


def valgrind(extra: list[str]) -> bool:
    return watched([next(UNIT.rglob(f"test_{name}.py")) for name in CORE], extra)


def suite(extra: list[str]) -> bool:
    found = sorted(UNIT.rglob("test_*.py"))
    return watched([path for path in found if not path.stem.startswith(tuple(LEFT_OUT))], extra)


def memcheck(extra: list[str]) -> bool:
    """The churn over the ordinary build under valgrind, thirty times as slow."""
    folder = WORK / "memcheck"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    amount = extra or ["--seconds", str(CHURN)]
    command = [*grind(folder), base_python(), str(ROOT / "tests/fuzz/churn.py"), *amount]
    done = run(command, environment(frozen()))
    said = "".join(log.read_text(errors="replace") for log in folder.iterdir())
    invalid = invalid_uses(said)
    lost = [each for each in lost_blocks(said) if "_native" in each]
    print(
        f"memcheck   exit {done.returncode}, {invalid} invalid, {len(lost)} lost: {last_line(done)}"
    )
    if invalid or lost or done.returncode:
        print("\n".join([said[-6000:], *lost[:3], done.stdout[-3000:], done.stderr[-3000:]]))
    return done.returncode == 0 and not invalid and not lost


def grind(folder: Path) -> list[str]:
    """valgrind itself, with a log for each process."""
    if not shutil.which("valgrind"):
        sys.exit("valgrind is needed: apt-get install valgrind")
    return [
        *("valgrind", "-q", "--error-exitcode=9", "--leak-check=full"),
        *("--show-leak-kinds=definite", "--errors-for-leak-kinds=none"),
        *("--undef-value-errors=no", "--num-callers=25", f"--log-file={folder}/%p.log"),
        f"--suppressions={HERE / 'valgrind.supp'}",
    ]


def invalid_uses(said: str) -> int:
    return len(re.findall(r"Invalid (?:read|write|free)|Mismatched|overlap in", said))


def watched(files: list[Path], extra: list[str]) -> bool:
    """Run test files under valgrind, each in a process of its own."""
    site = frozen()
    tally: Counter[str] = Counter()
    for path in files:
        tally += watch(path, site, extra)
        told = ", ".join(f"{number} {what}" for what, number in tally.items())
        print(f"valgrind   {path.stem}: {told} so far", flush=True)
    return not any(tally[what] for what in ("failed", "error", "invalid", "lost"))


def watch(path: Path, site: Path, extra: list[str]) -> Counter[str]:
    """What pytest and valgrind say of one file, counted."""
    folder = WORK / "valgrind" / path.stem
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [*grind(folder), base_python(), *pytest(str(path), *extra)]
    done = run(command, environment(site))
    logs = {log.stem: log.read_text(errors="replace") for log in folder.iterdir()}
    said = "".join(logs.values())
    # Forked children lose what their parent's other threads held, whose stacks they have not.
    lost = [each for each in lost_blocks(logs.get(str(done.pid), "")) if "_native" in each]
    found: Counter[str] = Counter()
    for number, what in re.findall(r"(\d+) (passed|failed|skipped|error)", last_line(done)):
        found[what] += int(number)
    found["invalid"] += invalid_uses(said)
    found["lost"] += len(lost)
    if done.returncode and not found["failed"] + found["invalid"]:
        found["error"] += 1
    if found["invalid"] or lost or done.returncode:
        print("\n".join([said[-6000:], *lost[:3], done.stdout[-3000:], done.stderr[-500:]]))
    return found


def last_line(done: Done) -> str:
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def lost_blocks(said: str) -> list[str]:
    """The entries of valgrind's log about memory that nothing leads to."""
    text = re.sub(r"^==\d+== ?", "", said, flags=re.M)
    return [each for each in text.split("\n\n") if "definitely lost" in each]


def frozen() -> Path:
    """A copy of the package as it is built: the editable one would rebuild itself."""
    import OpenSSL._native.common.errors as built

    target = WORK / "frozen"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "src" / "OpenSSL", target / "OpenSSL")
    folder = Path(str(built.__file__)).parent
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    for path in folder.glob(f"*{suffix}"):
        shutil.copy(path, target / "OpenSSL" / "_native")
    return target


def threads(extra: list[str]) -> bool:
    subprocess.run(["sh", str(HERE / "threads.sh")], check=True)
    folder = WORK / "threads"
    excused = folder / "excused.txt"
    excused.write_text((folder / "interpreter.txt").read_text() + (HERE / "races.txt").read_text())
    settings = environment(folder / "site") | {
        "LD_LIBRARY_PATH": str(folder / "openssl" / "lib"),
        "TSAN_OPTIONS": f"suppressions={excused}:exitcode=66:history_size=5"
        f":external_symbolizer_path={folder / 'llvm-symbolizer'}",
    }
    del settings["PYTHONMALLOC"]  # without its lock an interpreter has an allocator of its own
    settings["PYTHONPATH"] = os.pathsep.join(
        map(str, (folder / "site", ROOT / "tests", folder / "packages"))
    )
    amounts = [word for name, value in THREADED.items() for word in ("--set", f"{name}={value}")]
    topics = ",".join(dict.fromkeys(name.partition(".")[0] for name in THREADED))
    command = [
        *(str(folder / "python" / "bin" / "python3.14t"), str(ROOT / "tests/stress/run.py")),
        *("--only", topics, *amounts, *extra),
    ]
    done = run(command, settings)
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    return report("threads", done)


KINDS: dict[str, Callable[[list[str]], bool]] = {
    "asan": asan,
    "churn": churn,
    "leaks": leaks,
    "memcheck": memcheck,
    "valgrind": valgrind,
    "suite": suite,
    "threads": threads,
}


def main(words: list[str]) -> int:
    cut = words.index("--") if "--" in words else len(words)
    wanted, extra = words[:cut] or [name for name in KINDS if name != "suite"], words[cut + 1 :]
    results = [KINDS[name](extra) for name in wanted]
    print(f"{len(results)} runs, {results.count(False)} with findings")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
