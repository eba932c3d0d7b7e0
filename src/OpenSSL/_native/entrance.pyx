"""Entrance lets one thread at a time to an SSL, and one sender to its message.

Theory.  Every function over a Connection runs between an ``enter`` and ``leave``.
The lock is held while libssl computes and never while anybody waits for the
network; the turn is held by one sender for the whole of a message, waits
included.  Waiting for either is done without the interpreter.  What a thread of
the parent held when the process was forked is never given back in the child.
"""

cimport OpenSSL._native.carrier as carrier
from OpenSSL._native.lock cimport (
    brisk_lock, brisk_lock_again, brisk_lock_destroy, brisk_lock_init, brisk_lock_is_mine,
    brisk_lock_leave, brisk_lock_try, brisk_lock_wait, brisk_lock_was_forked,
)

from OpenSSL._exceptions import Error


cdef inline bint get_in(Entrance entrance) except -1:
    """Have the lock; False where this thread has it already."""
    if entrance.handle == NULL:
        raise ValueError("this Connection was never initialised: call Connection.__init__")
    if brisk_lock_try(&entrance.lock, &carrier.forks):
        return True
    if brisk_lock_is_mine(&entrance.lock, &carrier.forks):
        return False
    entrance.wait_for(&entrance.lock)
    return True


cdef class Entrance(Carrier):
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
            raise Error([(
                "SSL routines", "",
                "called from a callback of the same connection, which is still at work")])
        return 0

    cdef int wait_for(self, brisk_lock* lock) except -1:
        if brisk_lock_was_forked(lock, &carrier.forks):
            # Its thread is not in this child, and libssl stopped in the middle.
            raise Error([(
                "SSL routines", "",
                "another thread was at work on this connection when the process was forked")])
        with nogil:
            brisk_lock_wait(lock, &carrier.forks)
        return 0

    cdef void leave(self) noexcept:
        brisk_lock_leave(&self.lock)

    cdef int enter_turn(self) except -1:
        # Every sender in its turn: the bytes of one message stay together.
        if not brisk_lock_try(&self.turn, &carrier.forks):
            if brisk_lock_is_mine(&self.turn, &carrier.forks):
                # A hook or a signal handler that interrupts its own thread's send.
                raise Error([(
                    "SSL routines", "", "this thread is already sending on this connection")])
            self.wait_for(&self.turn)
        return 0
