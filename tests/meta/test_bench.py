"""`make bench`: every work runs, the README says what was measured. No speed is judged here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reading import ROOT

import environments
import identity
import report
import run
from kit.patience import PATIENCE
from rows import ROWS, SERVERS, Bar

#: Imports are measured in a package that is installed, and echoes in Twisted.
HERE = [row for row in ROWS if row.work not in {"imports", "echo", *SERVERS} and row.part == 0]
#: One server of each kind, smaller than what is measured.
SERVED = (
    ("serve", "loop-20000-send-2-kept"),
    ("serve", "loop-20-sendall-2-new"),
    ("accept", "full-2"),
    ("accept", "resumed-2"),
    ("bulk", "download-300000"),
    ("bulk", "upload-300000"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("bench")
    identity.make(made)
    environments.compile_plain(made / "plain")
    return made


def number(folder: Path, *command: str) -> float:
    bundle = str(folder / "ca.pem")
    done = subprocess.run(
        command,
        env={**os.environ, "BENCH_IDENTITY": str(folder), "BENCH_BUNDLE": bundle},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return min(map(float, done.stdout.split()))


@pytest.mark.parametrize("row", HERE, ids=lambda row: row.name)
def test_a_work_answers_a_number(folder, row):
    child = str(ROOT / "benchmarks/child.py")
    if row.needs and shutil.which(row.needs) is None:
        pytest.skip(f"{row.needs} is not installed")
    for peer in {"brisktls", "ssl"} & set(row.peers):
        assert number(folder, sys.executable, child, row.work, peer, row.option, "0.01") > 0
    if "C" in row.peers:
        assert number(folder, str(folder / "plain"), row.work, row.option, "0.01", str(folder)) > 0


@pytest.mark.parametrize(("work", "option"), SERVED)
def test_a_server_answers_numbers(folder, work, option):
    if work == "serve" and shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    child = str(ROOT / "benchmarks/child.py")
    for peer in ("brisktls", "ssl"):
        assert number(folder, sys.executable, child, work, peer, option, "0.01") > 0


def test_what_cannot_be_measured_is_said(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    left = run.possible(list(ROWS))
    assert {row.work for row in ROWS} - {row.work for row in left} == {"serve"}
    told = capsys.readouterr().out
    assert "wrk is not installed" in told
    assert "serve-cheroot" in told
    assert "redis-server is not installed, so these are left out: fleet-redis-full, " in told


def test_the_readme_has_the_results_table():
    command = [sys.executable, str(ROOT / "benchmarks/report.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_table_of_other_numbers_is_noticed(monkeypatch, tmp_path):
    results = tmp_path / "latest.json"
    results.write_text(
        '{"best": {"trust": {"brisktls": 1, "ssl": 2, "pyOpenSSL": 3, "C": 4}},'
        ' "versions": {}, "machine": "m", "date": "d"}',
        encoding="utf-8",
    )
    monkeypatch.setattr(report, "RESULTS", results)
    assert report.main(check=True) == 1
    assert "| 1.00 | 2.00 | 3.00 | 4.00 | ≤ 0.05 ssl (0.50) **missed** |" in report.markdown(
        {
            "best": {"trust": {"brisktls": 1, "ssl": 2, "pyOpenSSL": 3, "C": 4}},
            "versions": {},
            "machine": "m",
            "date": "d",
        }
    )


def test_a_bar_is_met_or_not():
    values = {"brisktls": 1.9, "ssl": 2.0}
    assert Bar("ssl", 0.95).met(values)
    assert not Bar("ssl", 0.94).met(values)
    assert Bar(None, 1.9).met(values)
    assert not Bar(None, 1.91).met(values)


def test_names_of_rows_are_unique():
    assert len({row.name for row in ROWS}) == len(ROWS)
