"""The door of ``serve``: listening sockets, a thread per visitor, an orderly end."""

from __future__ import annotations

import contextlib
import errno
import selectors
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

from OpenSSL import SSL

from .counts import Counts
from .failures import Failure
from .printable import printable
from .target import Target
from .visitor import Visitor, crowd_of

__all__ = ["Listener", "open_ports"]

_VISITORS_LIMIT = 512
#: How many of them one address, or one network of IPv6, may be: silent sockets of one client
#: fill nothing.
_ADDRESS_LIMIT = 64
_BACKLOG = 256
_GRACE_SECONDS = 3.0
#: Conditions of accept() that pass: no descriptors or memory left just now.
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def open_ports(host: str, port: int) -> list[socket.socket]:
    """Return sockets listening on every address of *host*, all on the same port."""
    opened: list[socket.socket] = []
    problem: OSError | None = None
    try:
        flags = socket.AI_PASSIVE
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise Failure("listen", f"cannot listen on {printable(host)}: {words}") from error
    # A hosts file that says the same twice is answered with the same twice.
    for family, _, _, _, address in dict.fromkeys(found):
        # With port 0 the first address chooses, the others follow.
        chosen = opened[0].getsockname()[1] if opened else port
        try:
            opened.append(_listen(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            problem = error
    # A machine without IPv6 still names ::1; a port in use is another matter.
    if problem and (not opened or problem.errno in (errno.EADDRINUSE, errno.EACCES)):
        for sock in opened:
            sock.close()
        words = problem.strerror or str(problem)
        line = f"cannot listen on {printable(str(Target(host, port)))}: {words}"
        raise Failure("listen", line) from problem
    return opened


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


class Listener:
    """Accepts visitors until SIGINT or SIGTERM."""

    def __init__(
        self, context: SSL.Context, ports: list[socket.socket], patience: float, counts: Counts
    ) -> None:
        self.context = context
        self.ports = ports
        self.patience = patience
        self.counts = counts
        self._visitors: dict[Visitor, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, announce: Callable[[], None]) -> None:
        """Serve until told to stop, then let the visitors finish what is under way.

        *announce* is called once a signal would end the server cleanly.
        """
        with _signals(self._stop) as wake, selectors.DefaultSelector() as selector:
            announce()
            selector.register(wake, selectors.EVENT_READ)
            for port in self.ports:
                selector.register(port, selectors.EVENT_READ)
            while not self._stopped:
                for key, _ in selector.select():
                    if key.fileobj is not wake:
                        self._accept(key.fileobj)  # type: ignore[arg-type]
            for port in self.ports:
                port.close()
            self._see_off()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True

    def _accept(self, port: socket.socket) -> None:
        try:
            sock, address = port.accept()
        except OSError as error:
            if error.errno in _SCARCE:
                time.sleep(0.05)
            return
        shown = (
            f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
        )
        if not self._make_room(crowd_of(shown)):
            sock.close()
            self.counts.full(shown)
            return
        visitor = Visitor(self.context, sock, shown, self.patience, self.counts)
        thread = threading.Thread(target=self._serve, args=(visitor,), name=shown, daemon=True)
        with self._lock:
            self._visitors[visitor] = thread
        try:
            thread.start()
        except RuntimeError:
            # No thread to be had: this visitor is lost, the server is not.
            self._leave(visitor)
            sock.close()
            self.counts.full(shown)

    def _make_room(self, who: str) -> bool:
        """Whether there is room for one more of that crowd; the longest idle may have to leave.

        Of a crowded address one of its own leaves, of a crowded server one of the
        address that has most.
        """
        with self._lock:
            crowd = Counter(each.host for each in self._visitors)
            if crowd[who] >= _ADDRESS_LIMIT:
                crowded = who
            elif len(self._visitors) >= _VISITORS_LIMIT:
                crowded = crowd.most_common(1)[0][0]
            else:
                return True
            # In the order in which they came.
            idle = [each for each in self._visitors if each.host == crowded and each.idle]
            if not idle:
                return False
            self._visitors.pop(idle[0])
        idle[0].yield_place()
        return True

    def _serve(self, visitor: Visitor) -> None:
        try:
            visitor.serve()
        finally:
            self._leave(visitor)

    def _leave(self, visitor: Visitor) -> None:
        with self._lock:
            self._visitors.pop(visitor, None)

    def _see_off(self) -> None:
        with self._lock:
            remaining = dict(self._visitors)
        for visitor in remaining:
            visitor.stop()
        end = time.monotonic() + _GRACE_SECONDS
        for thread in remaining.values():
            thread.join(max(0.0, end - time.monotonic()))


@contextlib.contextmanager
def _signals(handler: object) -> Iterator[socket.socket]:
    """Give SIGINT and SIGTERM to *handler*, and yield a socket that wakes when one comes."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = {
        number: signal.signal(number, handler)  # type: ignore[arg-type]
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, old in before.items():
            signal.signal(number, old)
        reader.close()
        writer.close()
