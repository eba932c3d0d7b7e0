"""What is measured, and how fast it has to be: one row for each work."""

from __future__ import annotations

from dataclasses import dataclass

from ends.peers import BRISKTLS, PEERS, PYOPENSSL, SSL, C


@dataclass(frozen=True)
class Bar:
    """At most ``factor`` times what ``peer`` takes.

    Without a peer: at least ``factor``, whatever others reach.
    """

    peer: str | None
    factor: float

    def met(self, values: dict[str, float]) -> bool:
        """Whether brisktls is on the right side."""
        if self.peer is None:
            return values[BRISKTLS] >= self.factor
        return values[BRISKTLS] <= self.factor * values[self.peer]

    def __str__(self) -> str:
        if self.peer is None:
            return f"≥ {self.factor:.2f}"
        return f"≤ {self.factor:.2f} {self.peer}"


PYTHONS = (BRISKTLS, SSL, PYOPENSSL)
#: Works that are servers under load, whose numbers are seconds for one request: see works/load.py.
SERVERS = ("serve", "accept", "bulk")


@dataclass(frozen=True)
class Row:
    """One work, with the option it is given."""

    name: str
    title: str
    work: str
    option: str
    unit: str
    bars: tuple[Bar, ...]
    peers: tuple[str, ...] = PEERS
    #: What to multiply the printed number with, to have it in ``unit``.
    scale: float = 1e6
    note: str = ""
    #: The middle of all rounds counts, not the best: luck decides a single one.
    typical: bool = False
    #: Which of the numbers that the work returns.
    part: int = 0
    #: Whether it stands in the README.
    listed: bool = True

    @property
    def higher_is_better(self) -> bool:
        """Best of several rounds is the highest, not the lowest."""
        return any(bar.peer is None for bar in self.bars)

    @property
    def every(self) -> int:
        """It takes part in one round of so many: what takes long, or swings little."""
        if self.work in SERVERS:
            return 7  # wrk runs for a second at least
        return 1 if self.work in ("memory", "transfer", "handshake", "want") else 3

    @property
    def needs(self) -> str:
        """A program that has to be there, or nothing."""
        if self.work == "fleet" and self.option.endswith("redis"):
            return "redis-server"
        return "wrk" if self.work == "serve" else ""


SMALL = (Bar(C, 1.25), Bar(SSL, 0.70), Bar(PYOPENSSL, 0.33))
LARGE = (Bar(C, 1.00),)
AHEAD = (Bar(C, 1.02), Bar(SSL, 1.00), Bar(PYOPENSSL, 1.00))
WANT = (Bar(PYOPENSSL, 0.33), Bar(SSL, 1.00))
#: At least 1.15 times as many requests, and one and a half times as many as pyOpenSSL.
PAGES = (Bar(SSL, 0.87), Bar(PYOPENSSL, 0.67))
SMALL_PAGES = (Bar(SSL, 1.00), Bar(PYOPENSSL, 0.67))


def served(
    name: str,
    title: str,
    work: str,
    option: str,
    bars: tuple[Bar, ...],
    *,
    peers: tuple[str, ...] = PYTHONS,
    unit: str = "µs",
    scale: float = 1e6,
    latency: bool = True,
) -> tuple[Row, ...]:
    """The rows of one server: time for each request, its CPU, and how long 99 of 100 take."""
    rows: tuple[Row, ...] = (
        Row(name, title, work, option, unit, bars, peers, scale),
        Row(f"{name}-cpu", f"- its CPU ({title})", work, option, unit, bars, peers, scale, part=1),
    )
    if latency:
        words = f"- 99 of 100 ({title})"
        rows += (
            Row(f"{name}-p99", words, work, option, "ms", (), peers, 1e3, part=2, listed=False),
        )
    return rows


def loops() -> tuple[Row, ...]:
    """Threads that receive a request and send a page, each with its connection."""
    rows: tuple[Row, ...] = ()
    sizes = (("20 B", 20), ("20 kB", 20_000), ("100 kB", 100_000), ("1 MB", 1_000_000))
    for words, size in sizes:
        short = words.replace(" ", "").lower()
        bars = SMALL_PAGES if size < 20_000 else PAGES
        for call in ("send", "sendall"):
            hows = [("kept", 8)]
            if size == 20_000:
                hows += [("kept", 64), ("nagle", 8)]
            if size <= 20_000 and call == "sendall":
                hows += [("new", 8)]
            for how, count in hows:
                told = {"kept": "", "nagle": ", Nagle", "new": ", new connections"}[how]
                rows += served(
                    f"serve-{short}-{call}-{count}-{how}",
                    f"page of {words} by `{call}`, {count} at once{told}",
                    "serve",
                    f"loop-{size}-{call}-{count}-{how}",
                    # A handshake is libcrypto's.
                    (Bar(SSL, 1.00),) if how == "new" else bars,
                )
    return rows


def stored() -> tuple[Row, ...]:
    """Handshakes without tickets, their sessions in the stores of a fleet."""
    rows: tuple[Row, ...] = ()
    stores = {
        "none": "libssl's own cache",
        "memory": "a store in memory",
        "file": "a `SharedFile`",
        "redis": "a Redis",
    }
    for store, words in stores.items():
        for how in ("full", "resumed"):
            title = f"{how} handshake, sessions in {words}"
            rows += served(
                f"fleet-{store}-{how}",
                title,
                "fleet",
                f"{how}-{store}",
                (),
                peers=(BRISKTLS,),
                latency=False,
            )
    return rows


ROWS = (
    Row("memory-64", "64 B message in memory", "memory", "64", "µs", SMALL),
    Row("memory-1k", "1 KiB message in memory", "memory", "1024", "µs", SMALL),
    Row("memory-16k", "16 KiB message in memory, `recv`", "memory", "16384", "µs", LARGE),
    Row(
        "memory-16k-into",
        "16 KiB message in memory, `recv_into`",
        "memory",
        "16384-into",
        "µs",
        LARGE,
    ),
    Row("pair-1m", "1 MiB over a socket pair", "transfer", "pair-1048576", "ms", AHEAD, scale=1e3),
    Row(
        "pair-64m", "64 MiB over a socket pair", "transfer", "pair-67108864", "ms", AHEAD, scale=1e3
    ),
    Row("tcp-1m", "1 MiB over TCP", "transfer", "tcp-1048576", "ms", AHEAD, scale=1e3),
    Row("tcp-64m", "64 MiB over TCP", "transfer", "tcp-67108864", "ms", AHEAD, scale=1e3),
    Row("handshake", "full handshake", "handshake", "full", "µs", (Bar(C, 1.05),)),
    Row("resumption", "resumed handshake", "handshake", "resumed", "µs", (Bar(C, 1.05),)),
    Row(
        "ring",
        "resumption by libssl's own ticket key takes this many times as long as by a ring of four",
        "ring",
        "4",
        "",
        (Bar(None, 0.99),),
        (BRISKTLS,),
        scale=1,
    ),
    *stored(),
    Row(
        "want-bio-read",
        "`bio_read` of nothing",
        "want",
        "bio_read",
        "µs",
        (Bar(PYOPENSSL, 0.33),),
        note='`MemoryBIO.read` of `ssl` returns `b""` and raises nothing',
    ),
    Row("want-recv", "`recv` of nothing", "want", "recv", "µs", WANT),
    Row("want-handshake", "`do_handshake` without the peer", "want", "handshake", "µs", WANT),
    Row("idle", "an idle connection holds", "idle", "2000", "kB", (Bar(SSL, 0.90),), scale=1e-3),
    Row(
        "trust",
        "second `Context` with the system's trust",
        "trust",
        "again",
        "ms",
        (Bar(SSL, 0.05),),
        scale=1e3,
    ),
    Row("import", "import", "imports", "-", "ms", (Bar(SSL, 1.00),), PYTHONS, 1e3),
    Row(
        "threads",
        "two threads do this many times the work of one",
        "threads",
        "262144",
        "",
        (Bar(None, 1.9),),
        scale=1,
    ),
    Row(
        "crowd",
        "64 B message, seven other threads busy",
        "crowd",
        "8",
        "µs",
        (Bar(SSL, 0.5),),
        PYTHONS,
        typical=True,
    ),
    *(
        Row(
            f"echo-{kind}-{size}",
            f"Twisted echo, {size}, {words}",
            "echo",
            f"{kind}-{number}",
            "µs",
            bars,
            (BRISKTLS, PYOPENSSL),
            note=note,
        )
        for size, number in (("64", 64), ("16k", 16384))
        for kind, words, bars, note in (
            ("tls", "TLS", (Bar(PYOPENSSL, 1.00),), ""),
            ("tcp", "no TLS", (), ""),
        )
    ),
    *loops(),
    *served(
        "serve-cheroot",
        "cheroot, page of 100 kB, 8 at once",
        "serve",
        "cheroot-100000-write-8-kept",
        PAGES,
    ),
    *served(
        "serve-twisted",
        "Twisted Web, page of 20 kB, 64 at once",
        "serve",
        "twisted-20000-write-64-kept",
        (Bar(PYOPENSSL, 1.00),),
        peers=(BRISKTLS, PYOPENSSL),
    ),
    *served(
        "accept-full",
        "connection and its page, 8 at once",
        "accept",
        "full-8",
        (Bar(SSL, 1.00),),
    ),
    *served(
        "accept-resumed",
        "resumed connection and its page, 8 at once",
        "accept",
        "resumed-8",
        (Bar(SSL, 1.00),),
    ),
    *(
        row
        for kind in ("download", "upload")
        for row in served(
            f"bulk-{kind}",
            f"{kind} of 256 MiB",
            "bulk",
            f"{kind}-{1 << 28}",
            (Bar(SSL, 1.00),),
            unit="ms",
            scale=1e3,
            latency=False,
        )
    ),
)
