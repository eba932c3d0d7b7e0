"""A store in a file, for the processes of one host; no server is needed.

The file is an SQLite database, so that what is written is whole or not there, whichever
process ends in the middle.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sqlite3
import stat
import sys
import threading
import time

from OpenSSL.fleet.checking import count
from OpenSSL.fleet.store import InOneProcess, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["SharedFile"]

TABLE = """
CREATE TABLE IF NOT EXISTS entries (
    name BLOB PRIMARY KEY, value BLOB NOT NULL, ends REAL, once INTEGER NOT NULL
) WITHOUT ROWID
"""
SINCE = """
CREATE TABLE IF NOT EXISTS kept_since (
    one INTEGER PRIMARY KEY CHECK (one = 1), at REAL NOT NULL, mark TEXT NOT NULL,
    notes INTEGER NOT NULL
)
"""
#: An attribute of the file: bytes that are written over it from a copy leave it as it is.
NOTES = "user.brisktls.notes"
INDEX = "CREATE INDEX IF NOT EXISTS by_end ON entries (once, ends)"
PATIENCE = 5.0  # seconds that a process waits for another one's writing

_inherited: list[sqlite3.Connection] = []
_making = threading.Lock()


def _after_fork() -> None:
    global _making
    _making = threading.Lock()  # the thread that had it is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _make(path: str) -> None:
    """Make the file before SQLite opens it: nobody else may read it, not even for a moment.

    One that is there is not opened here: closing it would drop the locks that SQLite has
    on it elsewhere in this process (sqlite.org/howtocorrupt.html, 2.2).
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        os.close(os.open(path, flags, 0o600))
        return
    except FileExistsError:
        found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    if os.name == "posix" and found.st_mode & 0o077:
        os.chmod(path, 0o600)  # it was open to others


def _identity(path: str) -> tuple[int, int] | None:
    """What tells this file from another one of the same name."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@functools.cache
def _boot() -> str:
    """What tells this start of the system from others; nothing where that is not told."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as told:
            return told.read().strip()
    except OSError:
        return ""


def _noted(path: str) -> int:
    """How many notes the file has had, as the file system knows; 0 where it does not."""
    if sys.platform != "linux":
        return 0
    try:
        return int(os.getxattr(path, NOTES))
    except (OSError, ValueError):
        return 0


def _note(path: str, count: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a file system without attributes
            os.setxattr(path, NOTES, b"%d" % count)


class _Database(sqlite3.Connection):
    """Closes itself with its thread or its store, whichever thread drops it.

    Python 3.13 and later warns of databases that nobody has closed.
    """

    process = 0

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:
        # Never in the child of a fork; see `_database`.
        if self.process == getpid():
            self.close()


class SharedFile(InOneProcess):
    """Keeps entries in the SQLite database ``path``, readable by its owner only.

    At most ``size`` entries with an end are kept, those that end first go first.  Entries
    of :meth:`add` stay: when there are ``size`` of them, no more are taken.  Each process
    and each thread opens the file for itself, so a store may be made before a fork.
    """

    __module__ = "OpenSSL.fleet"

    def __init__(self, path: str | os.PathLike[str], size: int = 200_000) -> None:
        """Open or make the file.

        Raises ValueError if ``size`` is not positive, OSError or StoreError if the file
        cannot be made, is a link, or is not such a database.
        """
        self.size: int = count("size", size)
        self.path: str = os.fspath(path)
        self._local = threading.local()
        self._writes = 0
        self._seen = 0  # notes that this process knows of
        with _making:
            _make(self.path)
        with self._writing() as database:
            self._since(database)

    def _database(self) -> sqlite3.Connection:
        opened: _Database | None = getattr(self._local, "database", None)
        if opened is not None and opened.process != os.getpid():
            # Not to be closed in the child of a fork (sqlite.org/howtocorrupt.html, 2.6).
            _inherited.append(opened)
            opened = None
        if opened is not None and self._local.file != _identity(self.path):
            # Somebody removed or replaced it: the others have another one by now.
            opened.close()
            opened = None
        if opened is None:
            with _making:
                if not os.path.exists(self.path):
                    _make(self.path)
            # One thread uses it, and another one may be the last to drop it.
            opened = sqlite3.connect(
                self.path,
                timeout=PATIENCE,
                isolation_level=None,
                check_same_thread=False,
                factory=_Database,
            )
            opened.process = os.getpid()
            opened.execute("PRAGMA journal_mode=WAL")
            # Where a start of the system is not noticed, nothing may be lost by it.
            opened.execute(f"PRAGMA synchronous={'OFF' if _boot() else 'FULL'}")
            opened.execute(TABLE)
            opened.execute(SINCE)
            opened.execute(INDEX)
            self._local.file = _identity(self.path)
            self._local.database = opened
        return opened

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if not isinstance(error, sqlite3.OperationalError):
                self.close()  # what it has read may be spoilt; the next one reads again
            raise StoreError(f"{self.path}: {error}") from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._failures():
            database = self._database()
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def get(self, key: bytes) -> bytes | None:
        """The value, or None.  Raises StoreError."""
        with self._failures():
            return self._get(self._database(), key)

    def _get(self, database: sqlite3.Connection, key: bytes) -> bytes | None:
        row = database.execute(
            "SELECT value FROM entries WHERE name = ? AND (ends IS NULL OR ends > ?)",
            (key, time.time()),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        """Keep the value for that many seconds.  Raises StoreError."""
        with self._writing() as database:
            self._put(database, key, value, time.time() + seconds)
            self._writes += 1
            if self._writes % 256 == 0:
                self._trim(database)

    def _put(
        self,
        database: sqlite3.Connection,
        key: bytes,
        value: bytes,
        ends: float | None,
        once: bool = False,
    ) -> None:
        database.execute("REPLACE INTO entries VALUES (?, ?, ?, ?)", (key, value, ends, once))

    def _count(self, database: sqlite3.Connection, once: bool) -> int:
        query = "SELECT count(*) FROM entries WHERE once = ? AND ends IS NOT NULL"
        return int(database.execute(query, (once,)).fetchone()[0])

    def _trim(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM entries WHERE ends <= ?", (time.time(),))
        surplus = self._count(database, once=False) - self.size
        if surplus > 0:
            database.execute(
                "DELETE FROM entries WHERE name IN (SELECT name FROM entries"
                " WHERE once = 0 AND ends IS NOT NULL ORDER BY ends LIMIT ?)",
                (surplus,),
            )

    def remove(self, key: bytes) -> None:
        """Forget the value, if there is one.  Raises StoreError."""
        with self._writing() as database:
            database.execute("DELETE FROM entries WHERE name = ?", (key,))

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        """Keep the value if there is none yet, and room for it.  Raises StoreError."""
        with self._writing() as database:
            if since is not None and self._since(database) > since:
                return False
            if self._count(database, once=True) >= self.size:
                self._trim(database)
                if self._count(database, once=True) >= self.size:
                    return False
            if self._get(database, key) is not None:
                return False
            self._put(database, key, value, time.time() + seconds, once=True)
            if since is not None:
                self._count_note(database)
            return True

    def _since(self, database: sqlite3.Connection) -> float:
        """From when on everything has been kept: in this very file, since the system started.

        What was written last is lost when the system falls.  A file that has had more notes
        than it says was written over from an old copy.
        """
        now, file = time.time(), _identity(self.path)
        mark = f"{_boot()} {file}"
        notes = max(self._seen, _noted(self.path))
        row = database.execute("SELECT at, mark, notes FROM kept_since").fetchone()
        if row is None or row[0] > now or row[1] != mark or row[2] < notes:
            database.execute("REPLACE INTO kept_since VALUES (1, ?, ?, ?)", (now, mark, notes))
            return now
        self._seen = int(row[2])
        return float(row[0])

    def _count_note(self, database: sqlite3.Connection) -> None:
        # Before the commit: what was counted and then not kept is a file to be doubted.
        (notes,) = database.execute("SELECT notes + 1 FROM kept_since").fetchone()
        database.execute("UPDATE kept_since SET notes = ?", (notes,))
        self._seen = int(notes)
        _note(self.path, self._seen)

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        """Replace the value if it is still the expected one.  Raises StoreError."""
        with self._writing() as database:
            if self._get(database, key) != expected:
                return False
            self._put(database, key, value, None)
            return True

    def close(self) -> None:
        """Close the file in this thread."""
        opened: _Database | None = getattr(self._local, "database", None)
        if opened is not None and opened.process == os.getpid():
            opened.close()
        elif opened is not None:
            _inherited.append(opened)
        self._local.__dict__.clear()
