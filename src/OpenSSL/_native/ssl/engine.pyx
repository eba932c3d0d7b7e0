"""Engine owns SSL: one operation at a time, judged, waited for, never half done.

Theory.  One operation is one turn of ``perform``: libssl computes with the
lock held (without the interpreter when the work is not tiny), the verdict is
taken, what a hook has kept is raised, and only then is it answered, or the
lock left and the transport waited for, or the verdict raised.  libssl never
blocks, so the lock is never held while waiting, and one thread may read while
another writes.  Nor does it compute for long: it is given a part of what the peer has
sent at a time, and in between signals, the deadline and other threads have their turn.
"""

from time import monotonic

cimport cython
from libc.string cimport memset

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.waiting as waiting
from OpenSSL._native.common.errors cimport DONE, WANT_LOOKUP, WANT_READ, WANT_WRITE, Status, Verdict
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport AT_ANY_TIME, ON_INFO, Hooks, run_for
from OpenSSL._native.common.lock cimport brisk_lock_leave, brisk_lock_try, brisk_lock_wait
from OpenSSL._native.common.platform cimport (
    BRISK_ALONE, brisk_fd, brisk_is_local, brisk_is_single, brisk_is_socket, brisk_now,
    brisk_poll,
)
from OpenSSL._native.ssl.bio cimport open_bio
from OpenSSL._native.ssl.channel cimport (
    ANY_NUMBER, Channel, close_channel, give_back, next_is_long, return_borrowed, spare,
)
from OpenSSL._native.ssl.conduit cimport Conduit, Conducted, conduit_for
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.ending cimport OVER
from OpenSSL._native.ssl.gathering cimport begin_flight
from OpenSSL._native.ssl.trampolines cimport on_alert, on_info, watch_messages
from OpenSSL._native.ssl.waiting cimport (
    borrow, came_back, check_deadline, check_open, descriptor, is_dear, wait,
)
from OpenSSL._native.ssl.writing cimport (
    RECORD, begin_writing, finish_flight, finish_for_good, leave, write_records,
)

from OpenSSL._exceptions import Error

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1

cdef enum:
    TINY = 4096     # below this a computation costs less than giving up the interpreter
    # What libssl may take in one call, in bytes of the transport: it may finish a record.
    FEW = TINY      # while the interpreter is kept
    MANY = 2 * RECORD
    ANSWERS = 4     # writes of a call that only reads: each may have cost a signature
    BRIEFLY = 20    # milliseconds that a busy connection is waited for with all at hand


# Where they might be freed in use (CVE-2024-4741), they stay.
cdef bint can_free_buffers = s.brisk_can_free_buffers()


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
@cython.binding(False)
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Engine(Conducted):
    """The owner of an SSL, with the ways into it and out of it."""

    def __cinit__(self, *args, **kwargs):
        memset(&self.channel, 0, sizeof(Channel))
        self.channel.borrowed = <brisk_fd>-1

    def __init__(self, context: Context, socket: SocketLike | None = None):
        if not isinstance(context, Context):
            raise TypeError("context must be a Context instance")
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
        cdef Conduit conduit = None if socket is None else conduit_for(socket)
        if socket is not None and conduit is None:
            self.channel.fd = descriptor(socket)
            self.channel.is_socket = brisk_is_socket(self.channel.fd) == 1
            self.channel.local = self.channel.is_socket and brisk_is_local(self.channel.fd)
        self.channel.conducted = conduit is not None
        self.channel.memory = socket is None or conduit is not None
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
            # The SSL's own, so that the Context's later ones are not asked.
            s.SSL_set_info_callback(handle, on_alert if not self.hooks.has(ON_INFO) else on_info)
            watch_messages(handle, self.hooks)
        finally:
            context.leave()
        try:
            self.channel.datagram = s.SSL_is_dtls(handle)
            if self.channel.datagram and conduit is not None:
                raise TypeError(
                    f"DTLS needs a socket: {type(socket).__name__} has methods of its own "
                    "to move bytes, and its descriptor is not to be used without them")
            channel = open_bio(&self.channel)
        except BaseException:
            s.SSL_free(handle)
            raise
        self.channel.owner = <void*>self
        self.channel.tickets = <void*>&context.tickets  # `first` keeps it alive
        s.SSL_set_bio(handle, channel, channel)  # owns the BIO from here on
        self.context = context
        self.first = context
        self.settle()
        self.socket = socket
        self.conduit = conduit
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

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved,
    ) noexcept nogil:
        cdef int result
        cdef Verdict verdict
        errors.clear()
        self.channel.number = 0
        if operation == WRITE:
            return write_records(self.handle, &self.channel, &self.writing, data, size, moved)
        # A goodbye before the handshake is refused, and nothing is sent for it.
        if self.channel.flight and not self.channel.gathering and (
                operation != SHUTDOWN or not s.SSL_in_init(self.handle)):
            verdict = leave(&self.channel)
            if verdict.status != DONE:
                return verdict
        if operation == READ:
            result = s.SSL_read_ex(self.handle, data, size, moved)
        elif operation == HANDSHAKE:
            result = s.SSL_do_handshake(self.handle)
        elif operation == PEEK:
            result = s.SSL_peek_ex(self.handle, data, size, moved)
        elif operation == EARLY_READ:
            result = s.SSL_read_early_data(self.handle, data, size, moved)
        elif operation == EARLY_WRITE:
            result = s.SSL_write_early_data(self.handle, data, size, moved)
        else:
            if self.writing.owed > 0:
                verdict = finish_for_good(self.handle, &self.channel, &self.writing)
                if verdict.status != DONE:
                    return verdict
            return self.say_goodbye(moved)
        verdict = errors.judge(self.handle, result, self.channel.number)
        if self.channel.gathering:
            verdict = finish_flight(self.handle, &self.channel, verdict, moved[0] > 0)
        return verdict

    cdef Verdict work(
        self, Operation operation, char* data, size_t size, size_t* moved, bint starting,
        int waits,
    ) noexcept:
        """Compute, with the Contexts held still where libssl may look at them.

        A read that finds nothing waits for so many milliseconds, and tries again.
        """
        cdef Verdict verdict
        cdef long long asked
        memset(&verdict, 0, sizeof(Verdict))
        cdef Channel* channel = &self.channel
        cdef bint reading = self.may_shake(starting)
        cdef void* before = NULL
        cdef bint light = not starting and not self.heavy and self.light(operation, size)
        # A socket that could be closed meanwhile must not be used without the interpreter.
        cdef bint leaving = not (light or brisk_is_single()) and (
            channel.borrowed != <brisk_fd>-1 or not BRISK_ALONE
            or channel.memory or type(self.socket) is int)
        if reading:
            self.start_reading()
            before = run_for(<void*>self)   # a signature may be asked for
        channel.light = light
        channel.told = reading and not starting and not self.asked_late
        channel.rationed = False
        channel.allowance = 1 if self.more else FEW if light else MANY
        channel.writes = (
            ANSWERS if operation == READ or operation == PEEK or operation == SHUTDOWN
            else ANY_NUMBER)
        if starting and (operation == HANDSHAKE or operation == READ or operation == PEEK):
            begin_flight(channel)
        if leaving:
            with nogil:
                if waits > 0 and self.is_dry():
                    verdict.status = WANT_READ
                else:
                    verdict = self.compute(operation, data, size, moved)
                if waits > 0 and verdict.status == WANT_READ and not channel.rationed:
                    verdict = self.read_when_ready(data, size, moved, waits, verdict)
                # A read of a full record goes on, with the descriptor; see `read_on`.
                if verdict.status == DONE and not (operation == READ and moved[0] == RECORD):
                    return_borrowed(channel)
                asked = brisk_now()
            came_back(asked)
        else:
            verdict = self.compute(operation, data, size, moved)
        if moved[0] > 0 and operation != SHUTDOWN:
            channel.idle = 0
        if reading:
            run_for(before)
            self.stop_reading()
        give_back(channel)
        return verdict

    cdef Verdict read_when_ready(
        self, char* data, size_t size, size_t* moved, int waits, Verdict verdict,
    ) noexcept nogil:
        """Wait without the lock, and read with it again, all without the interpreter."""
        cdef Channel* channel = &self.channel
        cdef brisk_fd borrowed = channel.borrowed
        cdef int ready
        channel.borrowed = <brisk_fd>-1     # others use the channel meanwhile
        brisk_lock_leave(&self.lock)
        ready = brisk_poll(
            channel.fd if borrowed == <brisk_fd>-1 else borrowed, False, waits)
        if not brisk_lock_try(&self.lock, &forks):
            brisk_lock_wait(&self.lock, &forks)
        channel.borrowed = borrowed
        # Whatever has changed is looked at with the interpreter.
        if (ready <= 0 or self.aborted or self.early or self.end == OVER or self.asked_late
                or self.failure is not None or not s.SSL_is_init_finished(self.handle)):
            return verdict
        channel.light = False
        channel.told = False
        channel.rationed = False
        channel.allowance = MANY
        channel.writes = ANSWERS
        return self.compute(READ, data, size, moved)

    cdef int may_wait(self, bint starting, double* deadline) except -1:
        """For how many milliseconds a read may wait without the interpreter; 0 for not at all."""
        cdef double seconds
        if (deadline[0] < 0 or not self.channel.is_socket or self.channel.datagram
                or self.heavy or self.may_shake(starting) or self.stays(READ, 0, starting)):
            return 0
        seconds = waiting.patience(self.socket, self.channel.fd)
        if seconds < 0:
            return BRIEFLY
        # What has less time is not kept longer than it has.
        check_deadline(seconds, deadline)
        return BRIEFLY if seconds > 0 and deadline[0] - monotonic() > BRIEFLY / 1e3 else 0

    cdef bint may_shake(self, bint starting) noexcept:
        """Whether libssl may be in a handshake, or come into one."""
        # Up to TLS 1.2 a peer may begin another at any time.
        return starting or self.asked_late or s.SSL_version(self.handle) != s.TLS1_3_VERSION

    cdef int hold_socket(self, Operation operation, size_t size, bint starting) except -1:
        """See to it that libssl has the socket's descriptor until the operation is over."""
        if (BRISK_ALONE and self.stays(operation, size, starting)
                and not self.may_call(starting)
                and (brisk_is_single() or not self.may_shake(starting))):
            # No Python runs from here on, and no Context is waited for, so nobody closes
            # anything.
            return check_open(self.socket, &self.channel)
        if ((operation == READ or operation == PEEK) and not self.may_shake(starting)
                and not self.channel.flight and s.SSL_pending(self.handle) > 0):
            return check_open(self.socket, &self.channel)   # nothing is asked of the socket
        return borrow(self.socket, &self.channel)

    cdef bint may_call(self, bint starting) noexcept:
        """Whether libssl may come to run Python."""
        cdef Hooks hooks = self.hooks
        return hooks.filled & AT_ANY_TIME != 0 or hooks.filled != 0 and self.may_shake(starting)

    cdef bint stays(self, Operation operation, size_t size, bint starting) noexcept:
        """Whether the interpreter is kept: the work is not worth the change, or nobody waits."""
        return (not starting and not self.heavy and self.light(operation, size)
                or brisk_is_single())

    cdef bint light(self, Operation operation, size_t size) noexcept:
        """Whether an operation costs less than giving up the interpreter for it."""
        cdef bint reads = operation == READ or operation == PEEK
        if reads and self.asked_late:
            return False    # any record may be a request for a certificate, and a signature
        if self.channel.memory:
            return (self.channel.incoming if reads else size) <= TINY
        # What is decrypted already is only copied, and that is a record at most.
        if reads and s.SSL_pending(self.handle) > 0:
            return True
        # To ask a socket takes as long as to change threads, where these mostly wait: whoever
        # keeps the interpreter meanwhile has the others queue for it.
        if BRISK_ALONE and not brisk_is_single() and not is_dear():
            return False
        if not reads:
            return size <= TINY
        # The buffer's size says little: programs ask for 64 KiB and get a line.
        # A socket that had no more is asked before the interpreter is given up for it: our
        # BIO refuses the body of a long record then.
        return not next_is_long(&self.channel) or self.is_dry() and not brisk_is_single()

    cdef bint is_dry(self) noexcept nogil:
        """Whether the socket had no more the last time, and libssl has nothing to go on with."""
        cdef Channel* channel = &self.channel
        return (channel.drained and channel.early == 0 and channel.header == 0
                and not channel.flight
                and s.SSL_get_shutdown(self.handle) & s.SSL_RECEIVED_SHUTDOWN == 0)

    cdef void rest(self) noexcept:
        """Give libssl's buffers back, 16 KiB each: until more comes nobody needs them."""
        # DTLS does not make them again.
        if can_free_buffers and not self.channel.datagram:
            s.SSL_free_buffers(self.handle)
        spare(&self.channel)

    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved, double* deadline,
    ) except -1:
        """Carry out one operation; called, and left, with the lock held."""
        if self.conduit is None:
            return self.turn_by_turn(operation, data, size, moved, deadline)
        self.conduit.wanted = DONE
        try:
            return self.turn_by_turn(operation, data, size, moved, deadline)
        except BaseException:
            self.say_last()
            raise

    cdef int turn_by_turn(
        self, Operation operation, char* data, size_t size, size_t* moved, double* deadline,
    ) except -1:
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
                return WANT_READ    # libssl would only look at the same nothing again
            self.dry = 0
        self.heavy = False
        while True:
            if operation != SHUTDOWN:
                self.check_aborted()
            if self.end == OVER:
                self.check_over()
            if self.early and operation != EARLY_READ and operation != SHUTDOWN:
                # A read would hand it out as if it had come after the handshake.
                raise Error([(
                    "SSL routines", "", "read early data to its end first (read_early_data)")])
            starting = not s.SSL_is_init_finished(self.handle)
            step = operation
            due = (not starting and not asked and (operation == WRITE or operation == HANDSHAKE)
                   and s.SSL_renegotiate_pending(self.handle) == 1)
            if operation == WRITE and (due or starting and not at_once):
                # libssl would end the handshake and send, whatever a hook has said meanwhile.
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
                    self.after(verdict, starting)
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
                    self.rest()
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
                self.rest()
                if waits > 0:
                    PyErr_CheckSignals()
            if self.conduit is not None:
                if verdict.status == WANT_LOOKUP:
                    return verdict.status
                verdict.status = <Status>self.carry(verdict.status, deadline)
                if verdict.status != DONE:
                    return verdict.status
                continue
            if self.socket is None:
                # Without MODE_AUTO_RETRY libssl stops at a record that held no data.
                if (verdict.status == WANT_READ and not self.channel.datagram
                        and self.channel.incoming == 0):
                    self.dry = operation
                return verdict.status
            if verdict.status == WANT_LOOKUP or not self.pause(
                    verdict.status == WANT_WRITE, deadline):
                return verdict.status

    cdef double patience(self) except -2:
        # Asked without the lock, so not of the descriptor: what has no timeout has no bound.
        if self.conduit is not None:
            return self.conduit.patience()
        return -1 if self.socket is None else waiting.patience(self.socket, <brisk_fd>-1)

    cdef int go_on(self, double* deadline) except -1:
        """Look at what must not wait before libssl goes on with what the peer has sent.

        False when the transport's owner does not want to wait, and datagrams that say
        nothing do not end: nobody can be held responsible for them.
        """
        cdef double seconds
        PyErr_CheckSignals()
        if self.socket is not None:
            seconds = (waiting.patience(self.socket, self.channel.fd) if self.conduit is None
                       else self.conduit.patience())
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
            return False
        seconds = waiting.patience(self.socket, fd)
        if seconds == 0:
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
