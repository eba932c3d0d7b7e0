from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

pytest.importorskip("click")

from kit.commands import COMMAND, brisk, brisk_program, environment


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_everything_the_demo_promises_holds(tls: str) -> None:
    done = brisk("demo", "--size", "4", "--tls", tls, "--json")
    assert done.status == 0, done
    data = done.data
    assert data["ok"]
    assert len(data["checks"]) == 8
    assert all(data["checks"].values())
    assert (data["size"], data["protocol"]) == (4 << 20, f"TLSv{tls}")
    assert data["resumed"]
    assert [each["subject"] for each in data["chain"]] == [
        "CN=demo.brisktls.example",
        "CN=brisktls demo authority",
    ]
    assert "demo.brisktls.example" in data["chain"][0]["names"]
    assert data["to_server_mb_per_second"] > 0


def test_the_demo_for_people_has_no_control_codes_in_a_pipe() -> None:
    done = brisk_program("demo", "--size", "1", FORCE_COLOR="1")
    assert done.status == 0, done
    assert done.err == ""
    assert done.out.rstrip().endswith("All of it held.")
    for words in ("Protocol", "Cipher", "Group", "ALPN", "MB/s", "days left", "Resumed"):
        assert words in done.out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.out)


def on_a_terminal(**more: str) -> tuple[int, str]:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "demo", "--size", "1"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(TERM="xterm-256color", COLUMNS="80", **more),
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(controller)
    return process.wait(30), shown.decode()


def test_a_terminal_gets_colours_and_a_progress_bar() -> None:
    status, shown = on_a_terminal()
    assert status == 0, shown
    assert "\x1b[1m" in shown
    assert "to the server" in shown
    assert "All of it held." in shown


def test_no_color_is_honoured() -> None:
    status, shown = on_a_terminal(NO_COLOR="1")
    assert status == 0, shown
    assert not re.search(r"\x1b\[[0-9;]*m", shown)


def test_a_demo_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from OpenSSL._command import demo

    # A name that the certificate does not hold: the client has to refuse it.
    monkeypatch.setattr(demo, "ALPN", b"another")
    monkeypatch.setattr(demo, "NAME", "localhost")
    assert brisk("demo", "--size", "1").status == 0
    monkeypatch.setattr(demo.Findings, "ok", property(lambda self: False))
    assert brisk("demo", "--size", "1").status == 1
    assert brisk("demo", "--size", "1", "--json").status == 1


def test_version_says_what_a_bug_report_needs() -> None:
    done = brisk("version", "--json")
    assert done.status == 0, done
    data = done.data
    assert (data["package"], data["version"]) == ("brisktls", "0.1.0")
    assert data["openssl"]["version"].startswith("OpenSSL ")
    assert data["openssl"]["directory"].startswith("/")
    assert data["openssl"]["features"]
    assert data["python"]["version"] == sys.version.split()[0]
    shown = brisk("version").out
    for words in (
        "brisktls",
        "OpenSSL",
        "found",
        "found, not offered here",
        "missing",
        "Python",
        "System",
    ):
        assert words in shown
    assert brisk("--version").out.strip().endswith("0.1.0")


def test_help_is_there_for_every_command_with_an_example() -> None:
    assert brisk().status in (0, 2)
    for command in (
        *("demo", "connect", "serve", "show", "stand-in", "staple", "completion", "version"),
    ):
        done = brisk(command, "--help")
        assert done.status == 0
        assert f"  brisktls {command}" in done.out
        assert max(len(line) for line in done.out.splitlines()) <= 80
    assert max(len(line) for line in brisk("--help").out.splitlines()) <= 80


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_one_line_says_what_to_install(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import runpy; "
    code += "runpy.run_module('OpenSSL', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "pip install click rich idna" in done.stderr


def test_an_unforeseen_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from OpenSSL._command import versions

    def broken() -> None:
        raise RuntimeError("odd\nthing")

    monkeypatch.setattr(versions, "gather", broken)
    done = brisk("version")
    assert done.status == 1
    assert done.err.count("\n") == 1
    assert r"RuntimeError: odd\nthing" in done.err
