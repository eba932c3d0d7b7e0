"""What the processes of a fleet tell about themselves, and who is on the roster."""

from __future__ import annotations

import os

import pytest

from kit import contexts
from kit.fleets import SECRET, server, until, visit
from OpenSSL.fleet import Fleet, MemoryStore, Report, SharedFile, StoreError
from OpenSSL.fleet import fleet as module
from OpenSSL.fleet import reports as roster_module
from OpenSSL.fleet.reports import Roster


def report(pid: int = 1, **changed: object) -> Report:
    values = {
        "host": "here",
        "pid": pid,
        "at": 1.0,
        "version": 1,
        "epoch": 1,
        "accepted": 0,
        "resumed": 0,
        "counters": {},
    }
    return Report(**{**values, **changed})  # type: ignore[arg-type]


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(module, "REPORT_EVERY", 0.01)


def test_everybody_reads_everybody(store):
    rosters = [Roster(store, SECRET, "name") for _ in range(20)]
    for number, roster in enumerate(rosters):
        roster.write(report(number), 60)
    assert [each.pid for each in rosters[7].read()] == list(range(20))
    rosters[3].leave()
    assert [each.pid for each in rosters[7].read()] == [n for n in range(20) if n != 3]


def test_a_report_replaces_the_one_before(store):
    roster = Roster(store, SECRET, "name")
    roster.write(report(accepted=1), 60)
    roster.write(report(accepted=5), 60)
    assert [each.accepted for each in roster.read()] == [5]


def test_who_stops_writing_is_gone_and_struck_off(store):
    for number in range(100):
        Roster(store, SECRET, "name").write(report(number), 0.000001)
    roster = Roster(store, SECRET, "name")
    roster.write(report(7), 60)
    assert [each.pid for each in roster.read()] == [7]
    assert len(roster._members(store.get(roster._roster))) <= roster_module.LOOKED_AT + 1


def test_strangers_and_forgers_are_not_read(store):
    ours, theirs = Roster(store, SECRET, "name"), Roster(store, SECRET + "!", "name")
    ours.write(report(1), 60)
    name = ours._name(ours.member)
    good = store.get(name)
    assert good is not None
    assert b"here" not in good
    # Another's report in the place of ours, a spoilt one, and what is no report.
    second = Roster(store, SECRET, "name")
    second.write(report(2), 60)
    for bad in (
        store.get(second._name(second.member)),
        good[:-1] + bytes([good[-1] ^ 1]),
        ours._seal.close(b'{"pid": 3}', name),
        ours._seal.close(b"[1]", name),
        b"",
    ):
        store.put(name, bad, 60)
        assert [each.pid for each in second.read()] == [2]
    assert theirs.read() == []
    theirs.write(report(9), 60)  # writes a roster of its own in the place of what it cannot open
    assert [each.pid for each in theirs.read()] == [9]


def test_a_lost_roster_is_written_anew(store):
    roster = Roster(store, SECRET, "name")
    roster.write(report(1), 60)
    store.remove(roster._roster)
    assert roster.read() == []
    roster.write(report(1), 60)
    assert [each.pid for each in roster.read()] == [1]


def test_many_that_come_at_once_give_up_at_some_time():
    class Busy(MemoryStore):
        def swap(self, *arguments: object) -> bool:
            return False

    with pytest.raises(RuntimeError, match="other processes"):
        Roster(Busy(), SECRET, "name").write(report(), 60)


def test_a_fleet_counts_what_was_resumed(store, often):
    client = contexts.client_context()
    with (
        Fleet(store, SECRET, refresh=0.02) as one,
        Fleet(store, SECRET, refresh=0.02) as other,
    ):
        contexts_of = [server(one), server(other)]
        _, session = visit(contexts_of[0], client)
        assert visit(contexts_of[1], client, session)[0]
        until(lambda: sum(each.accepted for each in one.reports()) == 2)
        until(lambda: sum(each.resumed for each in other.reports()) == 1)
        found = one.reports()
        assert [each.pid for each in found] == [os.getpid()] * 2
        assert {each.version for each in found} == {one.ring.version}
        assert found[0].counters["ring_reads"] > 0
    assert len(Roster(store, SECRET, "default").read()) == 0  # both have left


def test_reports_that_fail_are_counted_and_the_keys_go_on(store, often):
    class NoReports(MemoryStore):
        def put(self, *arguments: object) -> None:
            raise StoreError("full")

    with Fleet(NoReports(), SECRET, refresh=0.02) as one:
        until(lambda: one.counters.report_errors > 1)
        assert one.counters.ring_errors == 0
        assert one.ring.version == 1
        one.rotate()
        assert one.ring.version == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_child_of_a_fork_is_a_process_of_its_own(tmp_path, often):
    with Fleet(SharedFile(tmp_path / "keys"), SECRET, refresh=0.02) as one:
        until(one.reports)
        child = os.fork()
        if not child:
            try:
                until(lambda: os.getpid() in [each.pid for each in one.reports()])
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert os.getpid() in [each.pid for each in one.reports()]
