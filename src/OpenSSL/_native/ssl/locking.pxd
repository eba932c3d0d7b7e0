from OpenSSL._native.common.hooks cimport Carrier
from OpenSSL._native.common.libssl cimport SSL
from OpenSSL._native.common.lock cimport brisk_lock

# Have a lock that somebody else has, waiting without the interpreter and in slices; raises where
# nobody will give it back, what a signal handler raises, and TimeoutError.  0: no deadline.
cdef int wait_for(brisk_lock* lock, str whose, double deadline) except -1
# Raise at the interpreter's end, when the threads that are waited for have stopped.
cdef int check_not_ending(str whose) except -1

cdef extern from "walking.h":
    ctypedef struct brisk_walk:
        pass

# The thread begins and ends a callback in the middle of a list; NULL without memory.
cdef brisk_walk* begin_walk(void* connection, void* first, void* context) noexcept
cdef void end_walk(brisk_walk* walk) noexcept
# Whether it is in one of this Connection or Context; raise if it is.
cdef bint walks_in(void* part) noexcept
cdef int check_not_walking(void* part) except -1

cdef class Entrance(Carrier):
    cdef SSL* handle                # NULL until __init__ has run; the Engine owns it
    cdef brisk_lock lock            # held while libssl computes, never while waiting
    cdef brisk_lock turn            # held by one sender for the whole of its message

    # Every function over a Connection runs between these two.  enter() raises
    # when __init__ has not run, and waits for other threads without the
    # interpreter; a hook of the connection may enter again.
    cdef int enter(self) except -1
    cdef int enter_lightly(self) except -1  # without forgetting that nothing came: see `dry`
    cdef void leave(self) noexcept

    # The same for calls that drive libssl's state machine: a hook may not.
    cdef int enter_io(self) except -1
    cdef int enter_again(self) except -1    # without forgetting that nothing came
    # `deadline` is 0 before anything was waited for, and is set by the first to wait.
    cdef int enter_turn(self, double* deadline) except -1
    cdef double patience(self) except -2    # seconds, as in waiting.pyx
    # A hook that libssl runs in the middle of a list begins, and ends; NULL without memory.
    cdef brisk_walk* walk(self) noexcept
    cdef void stop_walk(self, brisk_walk* walk) noexcept
