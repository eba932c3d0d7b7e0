"""Ending both directions of a transport, where nobody wants to wait for TLS."""

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport DONE
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.lock cimport brisk_lock_leave, brisk_lock_try
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.working cimport SHUTDOWN

cdef extern from "compat.h":
    int SSL_SENT_SHUTDOWN


def has_parted(Connection connection not None) -> bool:
    """Whether nothing of TLS can be said any more, or nothing could be said so far."""
    connection.enter()
    try:
        # A close_notify that waits for room in the transport has yet to be said.
        return not s.SSL_is_init_finished(connection.handle) or (
            s.SSL_get_shutdown(connection.handle) & SSL_SENT_SHUTDOWN != 0
            and s.SSL_want(connection.handle) != s.SSL_WRITING)
    finally:
        connection.leave()


def part_at_once(Connection connection not None) -> bool:
    """Send close_notify if nobody is sending and the transport takes it; whether it is out."""
    cdef size_t moved
    cdef double deadline = -1   # do not wait
    cdef int status
    if not brisk_lock_try(&connection.turn, &forks):
        return False
    try:
        connection.enter_io()
        try:
            status = connection.perform(SHUTDOWN, NULL, 0, &moved, &deadline)
        finally:
            connection.leave()
    finally:
        brisk_lock_leave(&connection.turn)
    return status == DONE
