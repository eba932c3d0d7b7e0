"""``brisktls fleet``: an operator makes, sees, rotates and revokes ticket keys."""

from __future__ import annotations

import json
import os
import stat

import pytest

pytest.importorskip("click")
pytest.importorskip("cryptography")

from kit import contexts, openmetrics
from kit.commands import brisk, brisk_program
from kit.fleets import server, until, visit
from OpenSSL._command.failures import KINDS
from OpenSSL.fleet import Fleet, reports
from OpenSSL.fleet import fleet as module


@pytest.fixture
def place(tmp_path):
    """The words that name a fleet on the command line, after it was made."""
    words = (str(tmp_path / "keys"), "--secret-file", str(tmp_path / "secret"))
    assert brisk("fleet", "init", *words).status == 0
    return words


def status_of(place: tuple[str, ...]) -> dict:
    outcome = brisk("fleet", "status", *place, "--json")
    assert outcome.status == 0, outcome
    return json.loads(outcome.out)


def a_fleet(place: tuple[str, ...]) -> Fleet:
    with open(place[2]) as file:
        return Fleet(place[0], file.read().strip(), refresh=0.02)


def test_init_makes_a_secret_that_only_its_owner_reads_and_one_key(place):
    assert stat.S_IMODE(os.stat(place[2]).st_mode) == 0o600
    with open(place[2]) as file:
        secret = file.read()
    assert len(secret.strip()) >= 43  # 32 random bytes
    again = brisk("fleet", "init", *place)
    assert again.status == 0
    assert "secret" not in again.out
    with open(place[2]) as file:
        assert file.read() == secret
    seen = status_of(place)
    assert [key["state"] for key in seen["keys"]] == ["encrypts"]
    assert seen["processes"] == []
    assert seen["resumed_share"] is None


def test_keys_are_named_and_their_bytes_never_shown(place):
    with a_fleet(place) as fleet:
        secrets = [key.to_bytes()[16:].hex() for key in fleet.ring.keys]
        names = [key.name.hex() for key in fleet.ring.keys]
    out = "".join(brisk("fleet", each, *place).out for each in ("status", "init", "rotate"))
    as_json = json.dumps(status_of(place))
    assert names[0][:8] in out
    assert names[0] in as_json
    assert not any(secret[:16] in out + as_json for secret in secrets)


def test_status_tells_who_is_there_and_how_much_was_resumed(place, monkeypatch):
    monkeypatch.setattr(module, "REPORT_EVERY", 0.01)
    client = contexts.client_context()
    with a_fleet(place) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        for _ in range(3):
            resumed, session = visit(context, client, session)
            assert resumed
        until(lambda: any(each.accepted == 4 for each in fleet.reports()))
        seen = status_of(place)
        assert [each["pid"] for each in seen["processes"]] == [os.getpid()]
        assert seen["processes"][0]["up_to_date"] is True
        assert seen["resumed_share"] == 0.75
        words = brisk("fleet", "status", *place).out
        assert "75.0% of handshakes resumed" in words
        assert str(os.getpid()) in words


def test_status_as_openmetrics(place, monkeypatch):
    monkeypatch.setattr(module, "REPORT_EVERY", 0.01)
    monkeypatch.setattr(reports.socket, "gethostname", lambda: 'a "host" \\ of\nours')
    client = contexts.client_context()
    with a_fleet(place) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        assert visit(context, client, session)[0]
        until(lambda: any(each.accepted == 2 for each in fleet.reports()))
        outcome = brisk("fleet", "status", *place, "--openmetrics")
        assert outcome.status == 0
        told, ours = (openmetrics.families(text) for text in (outcome.out, fleet.to_openmetrics()))
        here = {"host": fleet.roster.host, "process": str(os.getpid())}
        for each in (told, ours):
            assert each["brisktls_fleet_accepted"] == [(here, 2)]
            assert each["brisktls_fleet_resumed"] == [(here, 1)]
            assert each["brisktls_fleet_process_up_to_date"] == [(here, 1)]
            assert each["brisktls_fleet_processes"] == [({}, 1)]
            assert each["brisktls_fleet_revocations"] == [({}, 0)]
            ((key, age),) = each["brisktls_fleet_key_age_seconds"]
            assert key == {"key": fleet.ring.keys[0].name.hex(), "state": "encrypts"}
            assert 0 <= age < 600
        assert set(told) == set(ours)
        assert {f"brisktls_fleet_{name}" for name in fleet.counters.as_dict()} < set(told)


def test_of_a_fleet_without_processes(place):
    told = openmetrics.families(brisk("fleet", "status", *place, "--openmetrics").out)
    assert told["brisktls_fleet_processes"] == [({}, 0)]
    assert told["brisktls_fleet_accepted"] == []


def test_two_forms_at_once_are_refused(place):
    outcome = brisk("fleet", "status", *place, "--openmetrics", "--json")
    assert outcome.status == KINDS["usage"].status
    assert "take one" in outcome.err


def test_rotate_adds_a_key_that_a_running_process_learns(place):
    with a_fleet(place) as fleet:
        assert brisk("fleet", "rotate", *place).status == 0
        until(lambda: len(fleet.ring.keys) == 2)
    assert [key["state"] for key in status_of(place)["keys"]] == ["encrypts", "waits"]


def test_revoke_ends_what_was_resumed_before(place):
    client = contexts.client_context()
    with a_fleet(place) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        asked = brisk_program("fleet", "revoke", *place)
        assert asked.status == KINDS["interrupted"].status  # nobody said yes
        assert status_of(place)["epoch"] == 1
        assert brisk("fleet", "revoke", *place, "--yes").status == 0
        until(lambda: fleet.ring.epoch == 2)
        fleet._apply()
        assert not visit(context, client, session)[0]


def test_bench_measures_and_leaves_the_fleet_alone(place):
    before = status_of(place)
    outcome = brisk("fleet", "bench", *place, "--count", "3", "--json")
    rows = json.loads(outcome.out)
    assert {"store: read", "handshake: full", "handshake: resumed"} <= set(rows)
    assert all(0 < row["median_us"] <= row["p99_us"] for row in rows.values())
    after = status_of(place)
    assert (after["version"], after["epoch"]) == (before["version"], before["epoch"])


@pytest.mark.parametrize("command", ["status", "rotate", "revoke"])
def test_a_wrong_name_makes_no_new_fleet(place, command):
    words = ["--yes"] if command == "revoke" else []
    outcome = brisk("fleet", command, *place, "--name", "other", *words)
    assert outcome.status == KINDS["file"].status
    assert "'other'" in outcome.err


def test_a_wrong_secret_is_told_and_only_revoke_goes_over_it(place, tmp_path):
    (tmp_path / "wrong").write_text("another secret of the right size\n")
    other = (place[0], "--secret-file", str(tmp_path / "wrong"))
    for command in ("status", "init", "rotate"):
        outcome = brisk("fleet", command, *other)
        assert outcome.status == KINDS["file"].status, command
        assert "secret" in outcome.err
    assert len(status_of(place)["keys"]) == 1


@pytest.mark.parametrize(
    ("store", "secret", "kind"),
    [
        ("ftp://host/", "long enough a secret", "usage"),
        ("keys", "short", "usage"),
        ("keys", "", "usage"),
        ("no/such/folder/keys", "long enough a secret", "network"),
        ("redis://127.0.0.1:1/", "long enough a secret", "network"),
    ],
)
def test_bad_words_are_refused_in_one_line(tmp_path, monkeypatch, store, secret, kind):
    pytest.importorskip("valkey")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text(secret)
    outcome = brisk("fleet", "status", store, "--secret-file", "secret")
    assert outcome.status == KINDS[kind].status, outcome
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err


def test_a_secret_file_that_is_a_link_to_nothing_is_not_written(tmp_path):
    (tmp_path / "secret").symlink_to(tmp_path / "elsewhere")
    outcome = brisk(
        "fleet", "init", str(tmp_path / "keys"), "--secret-file", str(tmp_path / "secret")
    )
    assert outcome.status == KINDS["file"].status
    assert not (tmp_path / "elsewhere").exists()
