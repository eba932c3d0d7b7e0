"""Stores: what each of them promises, and what limits keep from a handshake."""

from __future__ import annotations

import multiprocessing
import os
import stat
import subprocess
import sys
import threading
import time

import pytest

from kit import openmetrics
from kit.fleets import grown_up
from kit.patience import PATIENCE
from OpenSSL.fleet import Counters, MemoryStore, SharedFile, StoreError
from OpenSSL.fleet.open import open_store

COME_AND_GO = """
import sys
from OpenSSL.fleet import SharedFile
store = SharedFile(sys.argv[1])
store.put(b"come", b"gone", 60)
store.close()
"""


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    made = MemoryStore(10) if request.param == "memory" else SharedFile(tmp_path / "s.db", 10)
    yield made
    made.close()


class TestPromises:
    def test_what_is_put_is_there_until_its_time_is_over(self, store):
        assert store.get(b"a") is None
        store.put(b"a", b"1", 60)
        store.put(b"b", b"2", -1)
        assert store.get(b"a") == b"1"
        assert store.get(b"b") is None
        store.put(b"a", b"3", 60)
        assert store.get(b"a") == b"3"
        store.remove(b"a")
        store.remove(b"a")
        assert store.get(b"a") is None

    def test_something_is_added_once(self, store):
        assert store.add(b"a", b"1", 60)
        assert not store.add(b"a", b"2", 60)
        assert store.get(b"a") == b"1"
        assert store.add(b"b", b"1", -1)
        assert store.add(b"b", b"1", 60)

    def test_what_was_added_is_never_pushed_out(self, store):
        for number in range(10):
            assert store.add(b"%d" % number, b"", 60)
        assert not store.add(b"one more", b"", 60)
        for number in range(600):
            store.put(b"s%d" % number, b"", 60)
        assert not any(store.add(b"%d" % number, b"", 60) for number in range(10))

    def test_a_swap_needs_the_expected_value(self, store):
        assert not store.swap(b"a", b"1", b"2")
        assert store.swap(b"a", None, b"1")
        assert not store.swap(b"a", None, b"2")
        assert store.swap(b"a", b"1", b"2")
        assert store.get(b"a") == b"2"
        for number in range(600):
            store.put(b"s%d" % number, b"", 60)
        assert store.get(b"a") == b"2"

    def test_one_of_many_wins_a_swap(self, store):
        won = []

        def race(number):
            won.extend([number] if store.swap(b"a", None, b"%d" % number) else [])

        threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert store.get(b"a") == b"%d" % won[0]

    def test_it_is_bounded(self, store):
        for number in range(600):
            store.put(b"%d" % number, b"x", 60)
        assert sum(store.get(b"%d" % number) is not None for number in range(600)) < 300


def add_many(path, results):
    store = SharedFile(path)
    results.put(sum(store.add(b"%d" % number, b"", 60) for number in range(200)))


class TestSharedFile:
    def test_it_is_the_owners_alone(self, tmp_path):
        path = tmp_path / "s.db"
        store = SharedFile(path)
        store.put(b"a", b"1", 60)
        for each in tmp_path.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0
        store.close()

    def test_a_file_that_was_open_to_others_is_closed_to_them(self, tmp_path):
        path = tmp_path / "s.db"
        path.touch(0o666)
        path.chmod(0o666)
        SharedFile(path).close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_link_is_not_followed(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(OSError, match="link"):
            SharedFile(tmp_path / "link")
        assert not (tmp_path / "elsewhere").exists()

    def test_processes_share_it(self, tmp_path):
        path = tmp_path / "s.db"
        spawn = multiprocessing.get_context("spawn")
        results = spawn.Queue()
        workers = [spawn.Process(target=add_many, args=(path, results)) for _ in range(3)]
        for worker in workers:
            worker.start()
        counts = [results.get(timeout=PATIENCE) for _ in workers]
        for worker in workers:
            worker.join()
        assert sum(counts) == 200

    def test_stores_that_come_and_go_drop_no_locks_of_others(self, tmp_path):
        # Closing any descriptor of the file drops all of this process's locks on it, and
        # the next process that leaves takes the log away under the others.
        path = str(tmp_path / "s.db")
        first = SharedFile(path)
        for number in range(50):
            first.put(b"%d" % number, bytes(1000), 3600)
        second = SharedFile(path)
        for turn in range(3):
            subprocess.run([sys.executable, "-c", COME_AND_GO, path], check=True, timeout=PATIENCE)
            assert first.get(b"come") == second.get(b"come") == b"gone"
            first.put(b"turn", b"%d" % turn, 3600)
            assert SharedFile(path).get(b"turn") == b"%d" % turn
        assert second.get(b"49") == bytes(1000)

    def test_a_file_that_was_removed_is_made_again_by_all(self, tmp_path):
        path = tmp_path / "s.db"
        one, other = SharedFile(path), SharedFile(path)
        one.swap(b"a", None, b"1")
        for each in tmp_path.iterdir():
            each.unlink()
        assert other.get(b"a") is None
        assert one.swap(b"a", None, b"2")
        assert other.get(b"a") == b"2"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("knows", ["the file", "the process"])
    def test_a_file_that_an_old_copy_was_written_over_has_forgotten(self, tmp_path, knows):
        path = tmp_path / "s.db"
        store = SharedFile(path)
        grown_up(path)
        store.close()
        copy = path.read_bytes()
        assert store.add(b"note", b"", 60, 1.0)
        store.close()
        if knows == "the file":
            if not hasattr(os, "listxattr") or "user.brisktls.notes" not in os.listxattr(path):
                pytest.skip("files have no attributes here")
            store = SharedFile(path)
        elif hasattr(os, "listxattr"):
            for each in os.listxattr(path):
                os.removexattr(path, each)
        store.close()
        path.write_bytes(copy)
        assert not store.add(b"note", b"", 60, 1.0)
        assert not store.add(b"another", b"", 60, 1.0)
        assert store.add(b"later", b"", 60, time.time() + 1)  # and from then on it knows
        store.close()

    def test_a_child_of_a_fork_may_go_on(self, tmp_path):
        store = SharedFile(tmp_path / "s.db")
        store.put(b"a", b"1", 60)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                store.put(b"b", b"2", 60)
                status = 0 if store.get(b"a") == b"1" else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert store.get(b"b") == b"2"
        store.close()

    def test_another_file_is_an_error_that_names_it(self, tmp_path):
        path = tmp_path / "s.db"
        path.write_bytes(b"not a database, but long enough to be looked at" * 100)
        with pytest.raises(StoreError, match=r"s\.db"):
            SharedFile(path)


class TestAddresses:
    @pytest.mark.parametrize("where", ["ftp://x", "valkey+what://x"])
    def test_an_unknown_address(self, where):
        with pytest.raises(ValueError, match="address"):
            open_store(where)

    def test_what_is_no_store(self):
        with pytest.raises(TypeError, match="store"):
            open_store(7)  # type: ignore[arg-type]

    def test_memory(self):
        assert isinstance(open_store("memory:"), MemoryStore)


class TestCounters:
    def test_openmetrics(self):
        counters = Counters()
        counters.count("ring_reads", 3)
        text = counters.to_openmetrics()
        assert "brisktls_fleet_ring_reads_total 3\n" in text
        assert text.endswith("# EOF\n")
        metrics = openmetrics.families(text)
        assert set(metrics) == {f"brisktls_fleet_{name}" for name in counters.as_dict()}
        with pytest.raises(AttributeError):
            counters.nonsense  # noqa: B018
