"""Engine owns SSL: one operation at a time, judged, waited for, never half done.

Theory.  One operation is one turn of ``perform``: libssl computes with the
lock held (without the interpreter when the work is not tiny), the verdict is
taken, what a hook has kept is raised, and only then is it answered, or the
lock left and the transport waited for, or the verdict raised.  libssl never
blocks, because its BIO does not (BIO_should_retry(3)), so the lock is never held while waiting,
and one thread may read while another writes.  Nor does it compute for long: it is given a part of
what the peer has sent at a time, and in between signals, the deadline and other threads have
their turn.
"""

cimport cython
from libc.string cimport memset

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.waiting as waiting
from OpenSSL._native.common.errors cimport DONE, WANT_LOOKUP, WANT_READ, WANT_WRITE, Status, Verdict
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport ON_INFO
from OpenSSL._native.common.lock cimport brisk_lock_leave, brisk_lock_try, brisk_lock_wait
from OpenSSL._native.common.platform cimport brisk_fd, brisk_is_local, brisk_is_socket
from OpenSSL._native.ssl.adoption cimport most_of
from OpenSSL._native.ssl.bio cimport open_bio
from OpenSSL._native.ssl.callbacks cimport on_alert, on_info, watch_messages
from OpenSSL._native.ssl.channel cimport Channel, close_channel, keep_rest, return_borrowed
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.ending cimport OVER
from OpenSSL._native.ssl.tunnel cimport Tunnel, tunnel_for
from OpenSSL._native.ssl.waiting cimport check_deadline, descriptor, wait
from OpenSSL._native.ssl.working cimport (
    EARLY_READ, EARLY_WRITE, HANDSHAKE, READ, SHUTDOWN, WRITE, Operation, Worker,
)
from OpenSSL._native.ssl.writing cimport begin_writing

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    void SSL_set_bio(s.SSL* ssl, c.BIO* reading, c.BIO* writing)

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1


# What a connection is to people, without a socket and with one.
cdef object plain_face = None
cdef object socket_face = None


def set_faces(type plain not None: type[Engine], type over_socket not None: type[Engine]) -> None:
    """Say which class becomes which other when it is given a socket."""
    global plain_face, socket_face
    plain_face = plain
    socket_face = over_socket


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Engine(Worker):
    """The owner of an SSL, with the ways into it and out of it."""

    def __cinit__(self, *args, **kwargs):
        memset(&self.channel, 0, sizeof(Channel))
        self.channel.borrowed = <brisk_fd>-1

    def __init__(self, context: Context, socket: SocketLike | None = None):
        if not isinstance(context, Context):
            raise TypeError(f"context must be a Context instance, not {type(context).__name__}")
        # Another thread sees all of it or nothing.
        if not brisk_lock_try(&self.lock, &forks):
            raise ValueError("this Connection is being initialised already")
        try:
            if self.handle != NULL:
                raise ValueError("this Connection is initialised already")
            self.create(context, socket)
        finally:
            brisk_lock_leave(&self.lock)
        if socket is not None and type(self) is plain_face:
            self.__class__ = socket_face

    cdef int create(self, Context context, object socket) except -1:
        cdef s.SSL* handle = NULL
        cdef bint compressed
        cdef c.BIO* channel
        cdef Tunnel tunnel = None if socket is None else tunnel_for(socket)
        if socket is not None and tunnel is None:
            self.channel.fd = descriptor(socket)
            self.channel.is_socket = brisk_is_socket(self.channel.fd) == 1
            self.channel.local = self.channel.is_socket and brisk_is_local(self.channel.fd)
        self.channel.tunnelled = tunnel is not None
        self.channel.memory = socket is None or tunnel is not None
        begin_writing(&self.writing, &self.channel)
        context.enter()
        try:
            compressed = context.compress_again()
            errors.clear()
            handle = s.SSL_new(context.handle)
            if handle == NULL:
                errors.fail_ssl("SSL_new failed")
            if not compressed:
                s.SSL_set_options(handle, s.BRISK_NO_TX_CERTIFICATE_COMPRESSION)
            context.in_use = True
            self.notes = context.common.notes
            self.ruled = context.ruled
            self.hooks = context.hooks
            self.asked_late = context.asked_late
            self.must_name = context.must_name
            self.careful = self.must_name
            self.most = most_of(None, context.sizes)
            # The SSL's own, so that the Context's later ones are not asked.
            s.SSL_set_info_callback(handle, on_alert if not self.hooks.has(ON_INFO) else on_info)
            watch_messages(handle, self.hooks)
        finally:
            context.leave()
        try:
            self.channel.datagram = s.SSL_is_dtls(handle)
            if self.channel.datagram and tunnel is not None:
                raise TypeError(
                    f"DTLS needs a socket: {type(socket).__name__} has methods of its own "
                    "to move bytes, and its descriptor is not to be used without them")
            channel = open_bio(&self.channel)
        except BaseException:
            s.SSL_free(handle)
            raise
        self.channel.owner = <void*>self
        self.channel.tickets = <void*>&context.tickets  # `first` keeps it alive
        SSL_set_bio(handle, channel, channel)  # owns the BIO from here on
        self.context = context
        self.first = context
        self.settle()
        self.socket = socket
        self.tunnel = tunnel
        self.handle = handle
        return 0

    def __dealloc__(self):
        if self.handle != NULL:
            self.channel.owner = NULL
            s.SSL_free(self.handle)
            self.handle = NULL
            if self.first.has_removed():
                self.first.tell_removed()
        close_channel(&self.channel)

    def __reduce__(self):
        raise TypeError("a Connection cannot be copied or pickled")

    # ---- one operation

    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved, double* deadline,
    ) except -1:
        """Carry out one operation; called, and left, with the lock held."""
        if self.tunnel is None:
            return self.turn_by_turn(operation, data, size, moved, deadline)
        self.tunnel.wanted = DONE
        try:
            return self.turn_by_turn(operation, data, size, moved, deadline)
        except BaseException:
            self.say_last()
            raise

    cdef int turn_by_turn(
        self, Operation operation, char* data, size_t size, size_t* moved, double* deadline,
    ) except -1:
        """Go round until the operation is done, cannot go on, or has failed.

        At the beginning of each turn the lock is held and nothing is borrowed, no hook's exception
        is kept, and ``moved`` is 0: nothing was given to libssl or taken from it that would be
        forgotten if the turn raised.
        """
        cdef Verdict verdict
        cdef bint starting
        cdef bint at_once = False
        cdef bint asked = False
        cdef bint due
        cdef int waits
        cdef Operation step
        moved[0] = 0
        if self.dry != 0:
            if self.dry == operation:
                return WANT_READ    # there would be the same nothing again
            self.dry = 0
        self.heavy = False
        while True:
            if operation != SHUTDOWN:
                self.check_aborted()
            if self.end == OVER:
                self.check_over()
            if self.early and operation != EARLY_READ and (
                    operation != EARLY_WRITE and operation != SHUTDOWN):
                # A read would hand it out as if it had come after the handshake.
                raise Error([(
                    "SSL routines", "", "read early data to its end first (read_early_data)")])
            starting = not s.SSL_is_init_finished(self.handle)
            step = operation
            due = (not starting and not asked and (operation == WRITE or operation == HANDSHAKE)
                   and s.SSL_renegotiate_pending(self.handle) == 1)
            if operation == WRITE and (due or starting and not at_once):
                # libssl would end the handshake and send, whatever a hook has said meanwhile
                # (ssl3_write_bytes, 3.0 to 4.0).
                step = HANDSHAKE
            starting = starting or due  # it begins, and may end, in this very call
            if self.careful and starting:
                self.take_care()
            waits = 0
            if not self.channel.memory:
                if operation == READ:
                    waits = self.may_wait(starting, deadline)
                self.hold_socket(step, size, starting)
            verdict = self.work(step, data, size, moved, starting, waits)
            if self.failure is not None:
                try:
                    self.raise_after_hook(verdict, starting)
                finally:
                    return_borrowed(&self.channel)
            # A read that got something may go on with what came with it; see `read_into`.
            if verdict.status != DONE:
                try:
                    self.check_idle()
                finally:
                    return_borrowed(&self.channel)
            elif operation != READ:
                return_borrowed(&self.channel)
            if verdict.status == DONE or moved[0] > 0 and verdict.status <= WANT_LOOKUP:
                if operation == EARLY_READ or operation == EARLY_WRITE:
                    return DONE     # the handshake is still under way
                if starting:
                    self.channel.idle = 0
                    self.release_buffers()
                if step != operation:
                    # Still due: the peer has been asked for it, or it cannot begin now.
                    asked = s.SSL_renegotiate_pending(self.handle) == 1
                    continue
                return DONE
            if verdict.status > WANT_LOOKUP:
                if step != operation and errors.role_missing():
                    at_once = True      # neither client nor server: SSL_write says so
                    continue
                self.tell(verdict)
            if self.channel.rationed:
                if self.go_on(deadline):
                    self.heavy = True
                    continue
                return verdict.status
            if verdict.status == WANT_READ and operation == READ:
                self.release_buffers()
                if waits > 0:
                    PyErr_CheckSignals()
            if self.tunnel is not None:
                if verdict.status == WANT_LOOKUP:
                    return verdict.status
                verdict.status = <Status>self.carry(verdict.status, deadline)
                if verdict.status != DONE:
                    return verdict.status
                continue
            if self.socket is None:
                # Without MODE_AUTO_RETRY libssl stops at a record that held no data
                # (ssl3_read_bytes, 3.0 to 4.0).
                if (verdict.status == WANT_READ and not self.channel.datagram
                        and self.channel.incoming == 0):
                    self.dry = operation
                return verdict.status
            if verdict.status == WANT_LOOKUP or not self.pause(
                    verdict.status == WANT_WRITE, deadline):
                return verdict.status

    cdef double patience(self) except -2:
        # Asked without the lock, so not of the descriptor: what has no timeout has no bound.
        if self.tunnel is not None:
            return self.tunnel.patience()
        return -1 if self.socket is None else waiting.patience(self.socket, <brisk_fd>-1)

    cdef int go_on(self, double* deadline) except -1:
        """Look at what must not wait before libssl goes on with what the peer has sent.

        False when the transport's owner does not want to wait, and datagrams that say
        nothing do not end: nobody can be held responsible for them.
        """
        cdef double seconds
        PyErr_CheckSignals()
        if self.socket is not None:
            seconds = (waiting.patience(self.socket, self.channel.fd) if self.tunnel is None
                       else self.tunnel.patience())
            if self.channel.datagram and (seconds == 0 or deadline[0] < 0):
                return False
            check_deadline(seconds, deadline)
        # Others may have something to send.
        brisk_lock_leave(&self.lock)
        if not brisk_lock_try(&self.lock, &forks):
            with nogil:
                brisk_lock_wait(&self.lock, &forks)
        return True

    cdef int pause(self, bint writing, double* deadline) except -1:
        """Wait, without the lock; False when nobody wants to: the socket, or a deadline below 0."""
        cdef double at_most = -1
        cdef brisk_fd fd = self.channel.fd
        cdef double seconds
        cdef s.timeval timer
        if deadline[0] < 0:
            keep_rest(&self.channel)
            return False
        seconds = waiting.patience(self.socket, fd)
        if seconds == 0:
            keep_rest(&self.channel)
            return False
        if self.channel.datagram and s.DTLSv1_get_timeout(self.handle, &timer):
            at_most = timer.tv_sec + timer.tv_usec / 1e6
        brisk_lock_leave(&self.lock)
        try:
            wait(self.socket, fd, writing, seconds, deadline, at_most)
        finally:
            if not brisk_lock_try(&self.lock, &forks):
                with nogil:
                    brisk_lock_wait(&self.lock, &forks)
        return True

    @property
    def _socket(self) -> Any:
        return self.socket
