"""Coverage-guided fuzzing of everything a peer or a file may say: ``make fuzz``.

libFuzzer drives the harnesses one after the other over a core and a libssl that
report their coverage.  Arguments: names of harnesses, ``--seconds N`` for each
(default 60), ``--rounds N`` or ``--until N`` inputs of all runs together, ``--address``
for AddressSanitizer, ``--minimise`` to write the corpus of the tree again.
A finding is kept in .build/fuzz/findings and ends the run with exit status 1.
The counts of all runs in this clone stand in .build/fuzz/counts.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build" / "fuzz"
CORPUS = HERE / "corpus"
COUNTS = WORK / "counts.json"
NAMES = ("client", "server", "session", "certificate", "key", "container", "names", "offer")
#: Where the parts that are preloaded were built.
PLAIN, ADDRESS = WORK, ROOT / ".build" / "fuzz-address"
LARGEST = {"client": 8192, "server": 8192, "names": 600, "offer": 600}
#: Most memory of one run, in megabytes.
MEMORY = {PLAIN: 1024, ADDRESS: 4096}
#: Bytes, and files, of one harness's corpus in the tree.
KEPT, FILES = 60_000, 120
#: An input that takes longer has found a hang, in seconds.
PATIENCE = 20


def environment(built: Path, compares: bool) -> dict[str, str]:
    unset = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "SSLKEYLOGFILE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    first = [] if compares else [built / "libnocompares.so"]
    last = [built / "libasan.so"] if built == ADDRESS else []
    address = {
        "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
        # So that every object of Python's has its own memory, too.
        "PYTHONMALLOC": "malloc",
    }
    return {
        **kept,
        **(address if built == ADDRESS else {}),
        "LD_PRELOAD": " ".join(map(str, (*first, built / "libfuzzer.so", *last))),
        "LD_LIBRARY_PATH": str(WORK / "openssl" / "lib"),
        "PYTHONPATH": str(built / "site"),
        "FUZZ_RANDOM": str(built / "libfixedrandom.so"),
        "FUZZ_IDENTITY": str(WORK / "identity"),
    }


def drive(name: str, *options: str, built: Path = PLAIN, compares: bool = True) -> tuple[int, str]:
    """Run libFuzzer once; its exit status and what it said."""
    python = getattr(sys, "_base_executable", sys.executable)
    done = subprocess.run(
        [python, str(HERE / "drive.py"), name, *options],
        env=environment(built, compares),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def count(name: str, more: int) -> int:
    """Add to the counts on disk; all inputs so far."""
    counts = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    counts[name] = counts.get(name, 0) + more
    COUNTS.write_text(json.dumps(counts, indent=1) + "\n")
    return sum(counts.values())


def fuzz(name: str, seconds: int, built: Path, compares: bool) -> bool:
    """One run of one harness; whether it found nothing."""
    grown = WORK / "corpus" / name
    findings = WORK / "findings"
    grown.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    seeds = [str(each / name) for each in (WORK / "seeds", CORPUS) if (each / name).is_dir()]
    status, said = drive(
        name,
        *(f"-max_total_time={seconds}", f"-max_len={LARGEST.get(name, 4096)}"),
        *(f"-timeout={PATIENCE}", f"-rss_limit_mb={MEMORY[built]}", "-reload=0"),
        # The entropic schedule costs more than a harness's whole work.
        *(f"-artifact_prefix={findings / name}-", "-entropic=0", "-print_final_stats=1"),
        *(str(grown), *seeds),
        built=built,
        compares=compares,
    )
    executed = re.search(r"stat::number_of_executed_units: (\d+)", said)
    covered = re.findall(r"cov: (\d+)", said)
    inputs = int(executed.group(1)) if executed else 0
    if not inputs:
        # A crash leaves no statistics, only the number of the last report.
        inputs = max((int(each) for each in re.findall(r"^#(\d+)", said, re.M)), default=0)
    total = count(name, inputs)
    print(
        f"{name:12} {inputs:>10} inputs  {covered[-1] if covered else '?':>6} edges  "
        f"{'ok' if status == 0 else 'FOUND SOMETHING'}  (all in all {total})",
        flush=True,
    )
    if status:
        (findings / f"{name}.log").write_text(said)
        print("\n".join(said.splitlines()[-60:]), flush=True)
    return status == 0


def minimise(name: str) -> None:
    """Keep in the tree a few of the inputs that together reach what all of them reach."""
    target = CORPUS / name
    merged = WORK / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    drive(name, "-merge=1", str(merged), str(WORK / "corpus" / name), str(WORK / "seeds" / name))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    found = sorted(merged.iterdir(), key=lambda each: each.stat().st_size)
    size = 0
    # Short ones and long ones, evenly.
    for path in found[:: max(len(found) // FILES, 1)]:
        size += path.stat().st_size
        if size > KEPT:
            break
        shutil.copy(path, target / path.name[:16])
    print(f"{name:12} {len(list(target.iterdir()))} inputs kept")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="HARNESS")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--until", type=int, default=0)
    parser.add_argument("--address", action="store_true")
    parser.add_argument("--minimise", action="store_true")
    chosen = parser.parse_args()
    subprocess.run(["sh", str(HERE / "build.sh"), *["address"] * chosen.address], check=True)
    names = chosen.names or NAMES
    if chosen.minimise:
        for name in names:
            minimise(name)
        return 0
    if not (WORK / "seeds").is_dir():
        import seeds

        seeds.write_identity(WORK / "identity")
        seeds.write_seeds(WORK / "seeds")
    built = ADDRESS if chosen.address else PLAIN
    good = True
    total = 0
    for number in itertools.count():
        if number >= chosen.rounds and total >= chosen.until:
            break
        for name in names:
            # Constants compared with teach something, but take a third of the time.
            good &= fuzz(name, chosen.seconds, built, compares=number % 4 == 0)
        total = sum(json.loads(COUNTS.read_text()).values())
        if not good and chosen.until:
            break
    print(f"{total} inputs so far in this clone, {'no findings' if good else 'FINDINGS'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
