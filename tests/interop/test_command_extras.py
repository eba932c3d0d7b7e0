"""Completion, manual pages, fetching staples, and servers of several certificates."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click")

import click
from reading import ROOT

from kit import authority, responses
from kit.commands import COMMAND, brisk, environment, serving
from kit.identity import Identity
from kit.patience import PATIENCE
from kit.responder import responder
from OpenSSL._command.failures import KINDS
from OpenSSL._command.root import root

TRUST = ("--cafile", authority.trust_file())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = brisk("completion", shell)
    assert done.status == 0, done
    assert "_BRISKTLS_COMPLETE" in done.out
    assert brisk("completion", "tcsh").status == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("brisktls con", {"connect"}),
        ("brisktls connect --starttls x", {"xmpp"}),
        ("brisktls connect --warn", {"--warn-days"}),
    ],
)
def test_words_are_completed(words: str, expected: set[str]) -> None:
    asked = {
        "_BRISKTLS_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(
        COMMAND, env=environment(**asked), capture_output=True, timeout=PATIENCE, check=False
    )
    told = {line.partition(",")[2] for line in done.stdout.decode().split()}
    assert told == expected, done


def test_every_option_is_in_the_manual_pages() -> None:
    pages = ROOT / "docs/man"
    for name, command in root.commands.items():
        text = (pages / f"brisktls-{name}.1").read_text(encoding="utf-8").replace("\\-", "-")
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[-1] in text, (name, parameter.opts)
    whole = (pages / "brisktls.1").read_text(encoding="utf-8").replace("\\-", "-")
    for name in root.commands:
        assert f"brisktls-{name}(1)" in whole


def test_the_manual_pages_can_be_made(tmp_path: Path) -> None:
    pytest.importorskip("click_man")
    done = subprocess.run(
        [sys.executable, ROOT / "tools/make_man.py", tmp_path],
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done
    made, kept = (
        {each.name: each.read_text(encoding="utf-8").split() for each in folder.iterdir()}
        for folder in (tmp_path, ROOT / "docs/man")
    )
    # Where lines are broken depends on the version of click.
    assert made == kept, "make man"


def test_a_staple_is_fetched_for_a_timer(tmp_path: Path) -> None:
    chain, out = authority.identity().files.chain, tmp_path / "server.ocsp"
    asked = ("staple", chain, "--out", out, *TRUST)
    with responder(tmp_path) as url:
        done = brisk(*asked, "--url", url)
        assert (done.status, done.err) == (0, ""), done
        assert re.fullmatch(rf"{re.escape(str(out))}: good, until .* UTC\n", done.out)
        before = out.read_bytes()
        done = brisk(*asked, "--url", url, "--if-due")
        assert "not due yet" in done.out
    with responder(tmp_path, revoked=True) as url:
        done = brisk(*asked, "--url", url)
        assert done.status == KINDS["staple-revoked"].status
    assert out.read_bytes() == before
    assert brisk(*asked, "--url", url).status == KINDS["network"].status
    assert brisk(*asked).status == 2
    leaf = authority.identity().files.certificate
    assert brisk("staple", leaf, "--out", out, *TRUST).status == KINDS["file"].status


def _pair(*whos: Identity) -> list[object]:
    return [each for who in whos for each in ("--cert", who.files.chain, "--key", who.files.key)]


def test_certificates_are_chosen_by_kind_of_key_and_by_name() -> None:
    ecdsa, rsa = authority.identity("ecdsa"), authority.identity("rsa")
    other = authority.authority().issue("other", names=("other.test", "*.wide.test"))
    with serving(*_pair(ecdsa, rsa, other), "--max", "1.2") as (_, port):
        target = (f"localhost:{port}", *TRUST, "--json")
        for kind in ("ECDSA", "RSA"):
            done = brisk("connect", *target, "--ciphers", f"ECDHE-{kind}-AES128-GCM-SHA256")
            assert done.status == 0, done
            assert done.data["chain"][0]["key"].startswith("RSA" if kind == "RSA" else "EC")
            assert len(done.data["chain"]) == 3
        for name in ("other.test", "a.wide.test", "A.WIDE.test"):
            done = brisk("connect", *target, "--servername", name)
            assert done.status == 0, done
            assert done.data["chain"][0]["subject"].startswith("CN=other")


def test_responses_are_stapled_to_the_certificates_they_are_about(tmp_path: Path) -> None:
    who = authority.identity()
    other = authority.authority().issue("other", names=("other.test",))
    files = []
    for place, each in enumerate((other, who)):
        files.append(tmp_path / f"{place}.ocsp")
        files[-1].write_bytes(responses.response(each))
    staples = [each for file in files for each in ("--staple", file)]
    with serving(*_pair(who, other), *staples) as (_, port):
        for name in ("localhost", "other.test"):
            done = brisk("connect", f"localhost:{port}", *TRUST, "--servername", name, "--json")
            assert (done.status, done.data["ocsp"]["status"]) == (0, "good"), done
        # What does not hold any more is not sent.
        fresh = tmp_path / "fresh"
        fresh.write_bytes(responses.response(who, "revoked"))
        os.replace(fresh, files[1])
        done = brisk("connect", f"localhost:{port}", *TRUST, "--json")
        assert (done.status, done.data["ocsp"]["status"]) == (0, "none"), done
    for state in ("revoked", "expired", "other-certificate"):
        files[0].write_bytes(responses.response(who, state))
        done = brisk("serve", "--port", "0", *_pair(who), "--staple", files[0])
        assert (done.status, done.out) == (KINDS["file"].status, ""), done


def test_certificates_and_keys_go_together() -> None:
    who = authority.identity()
    key = ("--key", who.files.key)
    assert brisk("serve", *_pair(who), *key).status == 2
    assert brisk("serve", "--staple", "x").status == 2
    expired = _pair(who, authority.expired())
    assert brisk("serve", "--port", "0", *expired).status == KINDS["file"].status
