"""Worker has libssl compute: with the interpreter or without it, with a socket that stays open.

Theory.  Small work costs less than giving up the interpreter, unless other threads wait for
what is asked of the system meanwhile.  Whoever gives it up holds a second descriptor of the
socket until the operation is over, because another thread may close the first.  Where libssl
may look at a Context, that is announced.  libssl never blocks, because its BIO does not
(BIO_should_retry(3)), and is given a part of what the peer has sent at a time.
"""

from time import monotonic

cimport cython
from libc.string cimport memset

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.waiting as waiting
from OpenSSL._native.common.errors cimport DONE, SYSTEM, WANT_READ, Verdict
from OpenSSL._native.common.forks cimport FULL, forks, lend, take_back
from OpenSSL._native.common.hooks cimport Hooks, at_any_time, run_for
from OpenSSL._native.common.lock cimport brisk_lock_leave, brisk_lock_try, brisk_lock_wait
from OpenSSL._native.common.platform cimport (
    BRISK_ALONE, brisk_fd, brisk_is_single, brisk_now, brisk_poll,
)
from OpenSSL._native.ssl.channel cimport (
    ANY_NUMBER, Channel, free_gathered, give_back, next_is_long, return_borrowed, trim,
)
from OpenSSL._native.ssl.ending cimport OVER
from OpenSSL._native.ssl.gathering cimport begin_flight, goes_unheard
from OpenSSL._native.ssl.tunnel cimport Tunnelled
from OpenSSL._native.ssl.waiting cimport borrow, came_back, check_open, is_dear
from OpenSSL._native.ssl.writing cimport (
    RECORD, finish_flight, finish_for_good, leave, write_records,
)

cdef extern from "compat.h" nogil:
    int SSL_do_handshake(s.SSL* ssl)
    int SSL_free_buffers(s.SSL* ssl)
    int SSL_read_early_data(s.SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_write_early_data(s.SSL* ssl, const void* data, size_t size, size_t* put)

cdef enum:
    TINY = 4096     # below this a computation costs less than giving up the interpreter
    # What libssl may take in one call, in bytes of the transport: it may finish a record.
    FEW = TINY      # while the interpreter is kept
    MANY = 2 * RECORD
    ANSWERS = 4     # writes of a call that only reads: each may have cost a signature
    BRIEFLY = 20    # milliseconds that a busy connection is waited for with all at hand


# Where they might be freed in use (CVE-2024-4741), they stay.
cdef bint can_free_buffers = s.brisk_can_free_buffers()


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Worker(Tunnelled):
    """How one operation is carried out, once."""

    # ---- computing

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved,
    ) noexcept nogil:
        cdef int result
        cdef Verdict verdict
        errors.clear()
        self.channel.number = 0
        if operation == WRITE:
            return write_records(self.handle, &self.channel, &self.writing, data, size, moved)
        # A close_notify before the handshake is refused, and nothing is sent for it.
        if self.channel.flight and not self.channel.gathering and (
                operation != SHUTDOWN or not s.SSL_in_init(self.handle)):
            verdict = leave(&self.channel)
            if verdict.status == SYSTEM and goes_unheard(&self.channel, verdict.number):
                free_gathered(&self.channel)
            elif verdict.status != DONE:
                return verdict
        if operation == READ:
            result = s.SSL_read_ex(self.handle, data, size, moved)
        elif operation == HANDSHAKE:
            result = SSL_do_handshake(self.handle)
        elif operation == PEEK:
            result = s.SSL_peek_ex(self.handle, data, size, moved)
        elif operation == EARLY_READ:
            result = SSL_read_early_data(self.handle, data, size, moved)
        elif operation == EARLY_WRITE:
            if s.SSL_is_server(self.handle):
                # libssl does not look at what comes of its flush (SSL_write_early_data, 3.0 to
                # 4.0), so all has to be taken.
                begin_flight(&self.channel)
            result = SSL_write_early_data(self.handle, data, size, moved)
        else:
            if self.writing.owed > 0:
                verdict = finish_for_good(self.handle, &self.channel, &self.writing)
                if verdict.status != DONE:
                    return verdict
            return self.exchange_close_notify(moved)
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
        cdef Channel* channel = &self.channel
        cdef bint reading = self.may_shake(starting)
        cdef void* before = NULL
        cdef bint light = not starting and not self.heavy and self.is_light(operation, size)
        # A socket that could be closed meanwhile must not be used without the interpreter.
        cdef bint leaving = not (light or brisk_is_single()) and (
            channel.borrowed != <brisk_fd>-1 or not BRISK_ALONE
            or channel.memory or type(self.socket) is int)
        if channel.borrowed == <brisk_fd>-1 and type(self.socket) is not int:
            waits = 0   # after a wait the number may be a stranger's
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
        channel.hearing = channel.shaken and (operation == READ or operation == PEEK)
        if starting and (operation == HANDSHAKE or operation == READ or operation == PEEK):
            begin_flight(channel)
        if leaving:
            with nogil:
                if waits > 0 and self.is_dry():
                    memset(&verdict, 0, sizeof(Verdict))
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
        cdef brisk_fd fd = channel.fd if borrowed == <brisk_fd>-1 else borrowed
        cdef int ready
        cdef int place = 0
        if borrowed != <brisk_fd>-1:
            place = lend(borrowed)
            if place == FULL:
                return verdict
        channel.borrowed = <brisk_fd>-1     # others use the channel meanwhile
        brisk_lock_leave(&self.lock)
        ready = brisk_poll(fd, False, waits)
        if not brisk_lock_try(&self.lock, &forks):
            brisk_lock_wait(&self.lock, &forks)
        if borrowed != <brisk_fd>-1:
            take_back(place)
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
        channel.hearing = True
        return self.compute(READ, data, size, moved)

    cdef int may_wait(self, bint starting, double* deadline) except -1:
        """For how many milliseconds a read may wait without the interpreter; 0 for not at all."""
        cdef double seconds
        if (brisk_is_single() or deadline[0] < 0 or not self.channel.is_socket
                or self.channel.datagram or self.heavy or self.may_shake(starting)
                or self.keeps_interpreter(READ, 0, starting)):
            return 0
        seconds = waiting.patience(self.socket, self.channel.fd)
        if seconds < 0:
            return BRIEFLY
        if seconds > 0 and deadline[0] == 0:
            deadline[0] = monotonic() + seconds
        # What has less time is not kept longer than it has.
        return BRIEFLY if seconds > 0 and deadline[0] - monotonic() > BRIEFLY / 1e3 else 0

    cdef bint may_shake(self, bint starting) noexcept:
        """Whether libssl may be in a handshake, or come into one."""
        # Up to TLS 1.2 a peer may begin another at any time.
        return starting or self.asked_late or s.SSL_version(self.handle) != s.TLS1_3_VERSION

    cdef int hold_socket(self, Operation operation, size_t size, bint starting) except -1:
        """See to it that libssl has the socket's descriptor until the operation is over."""
        if (BRISK_ALONE and self.keeps_interpreter(operation, size, starting)
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
        return hooks.filled & at_any_time() != 0 or hooks.filled != 0 and self.may_shake(starting)

    cdef bint keeps_interpreter(self, Operation operation, size_t size, bint starting) noexcept:
        """Whether the interpreter is kept: the work is not worth the change, or nobody waits."""
        return (not starting and not self.heavy and self.is_light(operation, size)
                or brisk_is_single())

    cdef bint is_light(self, Operation operation, size_t size) noexcept:
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
        """Whether the socket had no more the last time, and nothing is here to go on with."""
        cdef Channel* channel = &self.channel
        return (channel.drained and channel.early == 0 and channel.header == 0
                and not channel.flight
                and s.SSL_get_shutdown(self.handle) & s.SSL_RECEIVED_SHUTDOWN == 0)

    cdef void release_buffers(self) noexcept:
        """Give libssl's buffers back, 16 KiB each: until more comes nobody needs them."""
        # DTLS does not make them again.
        if can_free_buffers and not self.channel.datagram:
            SSL_free_buffers(self.handle)
        trim(&self.channel)
