"""Waiting for locks; Entrance lets one thread at a time to an SSL, and one sender to its message.

Theory.  Every function over a Connection runs between an ``enter`` and ``leave``; a Context has
its own two, and waits the same way.
The lock is held while libssl computes and never while anybody waits for the
network; the turn is held by one sender for the whole of a message, waits
included.  Waiting for either is done without the interpreter, in slices, and ends with
a signal handler's exception or the socket's timeout.  What a thread of
the parent held when the process was forked is never given back in the child.
"""

from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.lock cimport (
    brisk_is_finalizing, brisk_lock, brisk_lock_again, brisk_lock_destroy, brisk_lock_init,
    brisk_lock_is_mine, brisk_lock_leave, brisk_lock_try, brisk_lock_wait_for,
    brisk_lock_was_forked,
)

from time import monotonic

from OpenSSL._exceptions import Error, WantWriteError

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1

cdef extern from "walking.h":
    brisk_walk* brisk_walk_begin(const void* connection, const void* first, const void* context)
    void brisk_walk_end(brisk_walk* walk)
    bint brisk_walks_in(const void* part)

cdef double SLICE = 1.0     # seconds; then signals and the interpreter's end are looked for


cdef int wait_for(brisk_lock* lock, str whose, double deadline) except -1:
    cdef bint taken
    cdef double seconds
    if brisk_lock_was_forked(lock, &forks):
        # Its thread is not in this child, and libssl stopped in the middle.
        raise Error([(
            "SSL routines", "",
            f"another thread was at work on this {whose} when the process was forked")])
    while True:
        seconds = SLICE
        if deadline > 0 and deadline - monotonic() < seconds:
            seconds = deadline - monotonic()
            if seconds <= 0:
                raise TimeoutError("The write operation timed out")
        check_not_ending(whose)
        with nogil:
            taken = brisk_lock_wait_for(lock, &forks, <long long>(seconds * 1e6) + 1)
        if taken:
            return 0
        PyErr_CheckSignals()


cdef int check_not_ending(str whose) except -1:
    if brisk_is_finalizing():
        raise Error([(
            "SSL routines", "",
            f"another thread was at work on this {whose} when the interpreter ended")])
    return 0


# ---- in the middle of one of libssl's lists; see walking.h

cdef brisk_walk* begin_walk(void* connection, void* first, void* context) noexcept:
    return brisk_walk_begin(connection, first, context)


cdef void end_walk(brisk_walk* walk) noexcept:
    brisk_walk_end(walk)


cdef bint walks_in(void* part) noexcept:
    return brisk_walks_in(part)


cdef int check_not_walking(void* part) except -1:
    if brisk_walks_in(part):
        raise Error([(
            "SSL routines", "",
            "called from a security callback, which may ask and change nothing of its connection "
            "and its Context")])
    return 0


# ---- the way in

cdef inline bint get_in(Entrance entrance) except -1:
    """Have the lock; False where this thread has it already."""
    if entrance.handle == NULL:
        raise ValueError("this Connection was never initialised: call Connection.__init__")
    if brisk_lock_try(&entrance.lock, &forks):
        return True
    if brisk_lock_is_mine(&entrance.lock, &forks):
        check_not_walking(<void*>entrance)
        return False
    wait_for(&entrance.lock, "connection", 0)
    return True


cdef int fail_inside() except -1:
    raise Error([(
        "SSL routines", "",
        "called from a callback of the same connection, which is still at work")])


cdef class Entrance(Carrier):
    """The way in to an SSL, for one thread at a time."""

    def __cinit__(self, *args, **kwargs):
        self.handle = NULL
        brisk_lock_init(&self.lock)
        brisk_lock_init(&self.turn)

    def __dealloc__(self):
        brisk_lock_destroy(&self.lock)
        brisk_lock_destroy(&self.turn)

    cdef int enter(self) except -1:
        self.enter_lightly()
        self.dry = 0
        return 0

    cdef int enter_lightly(self) except -1:
        if not get_in(self):
            brisk_lock_again(&self.lock)
        return 0

    cdef int enter_io(self) except -1:
        self.enter_again()
        self.dry = 0
        return 0

    cdef int enter_again(self) except -1:
        if not get_in(self):
            fail_inside()
        return 0

    cdef void leave(self) noexcept:
        brisk_lock_leave(&self.lock)

    cdef double patience(self) except -2:
        return -1

    cdef brisk_walk* walk(self) noexcept:
        return NULL

    cdef void stop_walk(self, brisk_walk* walk) noexcept:
        end_walk(walk)

    cdef int enter_turn(self, double* deadline) except -1:
        cdef double seconds
        cdef bint taken
        # Every sender in its turn: the bytes of one message stay together.
        if not brisk_lock_try(&self.turn, &forks):
            if brisk_lock_is_mine(&self.turn, &forks):
                # A hook or a signal handler that interrupts its own thread's send.
                raise Error([(
                    "SSL routines", "", "this thread is already sending on this connection")])
            if brisk_lock_is_mine(&self.lock, &forks):
                fail_inside()   # and the one that has the turn may wait for us to leave
            # The one that has it may wait for the network: as long as our own socket would.
            seconds = self.patience()
            if seconds == 0 and not brisk_lock_was_forked(&self.turn, &forks):
                # It may have been left for one who has gone since.
                with nogil:
                    taken = brisk_lock_wait_for(&self.turn, &forks, 0)
                if not taken:
                    raise WantWriteError()
                return 0
            if seconds > 0 and deadline[0] == 0:
                deadline[0] = monotonic() + seconds
            wait_for(&self.turn, "connection", deadline[0])
        return 0
