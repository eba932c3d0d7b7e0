"""Connection owns SSL; the hot path: handshake, send, recv, shutdown, memory BIO.

Theory.  One operation is one turn of ``perform``: take the lock, let libssl
compute (without the interpreter when the work is not tiny), take the verdict,
raise what a hook has kept, and either answer, or leave the lock and wait for
the transport, or raise.  libssl never blocks, so the lock is never held while
waiting, and one thread may read while another writes.  Bytes that libssl has
given us are never lost: when the call that got them must raise, they are
``held`` for the next one; when an error follows them, it is ``deferred``.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from cpython.ref cimport PyObject
from libc.string cimport memcpy, memset

from OpenSSL._native cimport bio, errors
from OpenSSL._native cimport libcrypto as c
from OpenSSL._native cimport libssl as s
from OpenSSL._native.carrier cimport Hooks
from OpenSSL._native.context cimport Context
from OpenSSL._native.errors cimport (
    CLOSED, DONE, FAILED, TRUNCATED, WANT_READ, WANT_WRITE, Verdict,
)
from OpenSSL._native.platform cimport (
    brisk_is_socket, brisk_lock_again, brisk_lock_destroy, brisk_lock_init,
    brisk_lock_is_mine, brisk_lock_leave, brisk_lock_try, brisk_lock_wait,
)
from OpenSSL._native.trampolines cimport attach, detach, on_verify
from OpenSSL._native.waiting cimport check_open, descriptor, patience, wait

import warnings as _warnings
from operator import index as _index
from socket import MSG_PEEK as _MSG_PEEK

from OpenSSL._exceptions import Error, WantReadError

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** bytes, Py_ssize_t size) except -1
    PyObject* bytes_of_size "PyBytes_FromStringAndSize"(
        const char* data, Py_ssize_t size) except NULL
    char* bytes_data "PyBytes_AS_STRING"(PyObject* bytes) nogil
    void Py_XDECREF(PyObject* value)

cdef enum:
    RECORD = 16384      # the most that one record carries, in bytes
    OVERHEAD = 32       # what the ciphers of today add to it; the older ones spill
    TINY = 4096         # below this a computation costs less than giving up the interpreter
    ON_STACK = 1024     # reads up to this size are copied, larger ones are made in place

cdef long PEEK_FLAG = _MSG_PEEK


cdef size_t size_of(object value, str name) except? 0:
    """A size given by the caller: an integer, not negative, not absurd."""
    cdef Py_ssize_t size
    try:
        number = _index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None
    if number < 0:
        raise ValueError(f"{name} must not be negative")
    size = number
    return <size_t>size


cdef object as_buffer(object data):
    """What is to be sent: text is encoded, with a warning; the rest is its own buffer."""
    if isinstance(data, str):
        _warnings.warn(
            "str for buf is no longer accepted, use bytes", DeprecationWarning, stacklevel=1)
        return data.encode("utf-8")
    return data


cdef int check_length(object data, Py_ssize_t size) except -1:
    # A bytes subclass may claim another length than it has; believe neither.
    if isinstance(data, bytes) and len(data) != size:
        raise ValueError(
            f"Cannot send more than {size} bytes at once: len() of the buffer says {len(data)}")
    return 0


cdef object again(object error):
    """The same error anew, without the frames that the first one went through."""
    copy = type(error)(*error.args)
    copy.__dict__.update(error.__dict__)
    return copy


cdef int note_sent(object error, size_t sent) except -1:
    """Tell whoever catches `error` how many bytes were taken before it."""
    try:
        error.bytes_sent = sent
    except AttributeError:
        pass  # an exception of somebody's own that takes no attributes
    return 0


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
cdef class Connection(Carrier):
    def __cinit__(self, *args, **kwargs):
        self.handle = NULL
        memset(&self.channel, 0, sizeof(bio.Channel))
        if not (brisk_lock_init(&self.lock) and brisk_lock_init(&self.turn)):
            raise MemoryError()

    def __init__(self, Context context not None, socket=None):
        cdef s.SSL* handle = NULL
        cdef c.BIO* channel
        if self.handle != NULL:
            raise ValueError("this Connection is initialised already")
        if socket is not None:
            self.channel.fd = descriptor(socket)
            self.channel.is_socket = brisk_is_socket(self.channel.fd) == 1
        self.channel.memory = socket is None
        context.enter()
        try:
            errors.clear()
            handle = s.SSL_new(context.handle)
            if handle == NULL:
                errors.fail_ssl("SSL_new failed")
            self.hooks = context.hooks
        finally:
            context.leave()
        try:
            attach(handle, self)
            channel = bio.open_channel(&self.channel)
        except BaseException:
            detach(handle)
            s.SSL_free(handle)
            raise
        s.SSL_set_bio(handle, channel, channel)  # owns the BIO from here on
        self.channel.datagram = s.SSL_is_dtls(handle)
        self.handle = handle
        self.context = context
        self.first = context
        self.socket = socket

    def __dealloc__(self):
        if self.handle != NULL:
            detach(self.handle)
            s.SSL_free(self.handle)
            self.handle = NULL
        bio.close_channel(&self.channel)
        brisk_lock_destroy(&self.lock)
        brisk_lock_destroy(&self.turn)

    def __reduce__(self):
        raise TypeError("a Connection cannot be copied or pickled")

    def __getattr__(self, name):
        if self.socket is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.socket, name)

    # ---- entering and leaving

    cdef int enter(self) except -1:
        if self.handle == NULL:
            raise ValueError("this Connection was never initialised: call Connection.__init__")
        if brisk_lock_try(&self.lock):
            return 0
        if brisk_lock_is_mine(&self.lock):
            brisk_lock_again(&self.lock)
            return 0
        with nogil:
            brisk_lock_wait(&self.lock)
        return 0

    cdef int enter_io(self) except -1:
        if self.handle == NULL:
            raise ValueError("this Connection was never initialised: call Connection.__init__")
        if brisk_lock_try(&self.lock):
            return 0
        if brisk_lock_is_mine(&self.lock):
            raise Error([(
                "SSL routines", "",
                "called from a callback of the same connection, which is still at work")])
        with nogil:
            brisk_lock_wait(&self.lock)
        return 0

    cdef void leave(self) noexcept:
        brisk_lock_leave(&self.lock)

    # ---- one operation

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved,
    ) noexcept nogil:
        cdef int result
        cdef Verdict verdict
        errors.clear()
        self.channel.number = 0
        if operation == READ:
            result = s.SSL_read_ex(self.handle, data, size, moved)
        elif operation == WRITE:
            result = s.SSL_write_ex(self.handle, data, size, moved)
        elif operation == HANDSHAKE:
            result = s.SSL_do_handshake(self.handle)
        elif operation == PEEK:
            result = s.SSL_peek_ex(self.handle, data, size, moved)
        else:
            result = s.SSL_shutdown(self.handle)
            moved[0] = result == 1
            if result >= 0:
                # 0: our close_notify is out, the peer's is yet to come.
                verdict.status = DONE
                verdict.number = 0
                return verdict
        return errors.judge(self.handle, result, self.channel.number)

    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved, double* deadline,
    ) except -1:
        """Carry out one operation; called, and left, with the lock held."""
        cdef Verdict verdict
        cdef bint starting
        moved[0] = 0
        while True:
            if self.aborted and operation != SHUTDOWN:
                raise Error([(
                    "SSL routines", "",
                    "the handshake was aborted by an exception in a callback")])
            if self.socket is not None:
                check_open(self.socket, &self.channel)
            starting = not s.SSL_is_init_finished(self.handle)
            if size <= TINY and not starting:
                verdict = self.compute(operation, data, size, moved)
            else:
                with nogil:
                    verdict = self.compute(operation, data, size, moved)
            bio.give_back(&self.channel)
            if self.failure is not None:
                self.after(verdict, starting)
            if verdict.status == DONE:
                return 0
            if self.socket is None or (
                    verdict.status != WANT_READ and verdict.status != WANT_WRITE):
                self.tell(operation, verdict)
            if not self.pause(verdict.status == WANT_WRITE, deadline):
                errors.fail(verdict, self.handle)

    cdef int after(self, Verdict verdict, bint starting) except -1:
        """Raise what a hook has kept; a handshake in which one failed is over."""
        if starting or self.channel.poisoned:
            if verdict.status != FAILED:
                self.abort()
            self.aborted = True
        self.channel.poisoned = False
        errors.clear()
        self.raise_kept()
        return 0

    cdef void spoil(self) noexcept:
        # Hooks that answer nothing cannot stop a handshake.  Nonsense from the
        # transport can: libssl answers it with a fatal alert under whatever
        # keys are in force, and never speaks again.
        if not s.SSL_is_init_finished(self.handle) and not self.channel.datagram:
            self.channel.poisoned = True

    cdef void abort(self) noexcept:
        """Make libssl fail now, where a hook's failure alone has not."""
        cdef char byte
        cdef size_t moved = 0
        cdef object first = self.failure
        if self.channel.datagram:
            return  # DTLS passes over nonsense in silence; `aborted` must do
        self.failure = None
        self.hooks = Hooks.__new__(Hooks)  # the reason is known; ask nobody again
        self.channel.poisoned = True
        with nogil:
            errors.clear()
            s.SSL_read_ex(self.handle, &byte, 1, &moved)
        self.failure = first

    cdef int tell(self, Operation operation, Verdict verdict) except -1:
        """Raise what the verdict means; remember it when it is the end."""
        if self.fatal is not None and (
                verdict.status == TRUNCATED or verdict.status == CLOSED):
            # libssl has forgotten why it failed and would call it an end of file.
            raise again(self.fatal)
        try:
            errors.fail(verdict, self.handle)
        except Error as error:
            if verdict.status == FAILED and (
                    operation == READ or operation == PEEK or operation == HANDSHAKE):
                self.fatal = again(error)
            raise

    cdef int pause(self, bint writing, double* deadline) except -1:
        """Wait, without the lock; False when the transport's owner does not want to wait."""
        cdef double at_most = -1
        cdef double seconds = patience(self.socket, self.channel.fd)
        cdef s.timeval timer
        if seconds == 0:
            return False
        if self.channel.datagram and s.DTLSv1_get_timeout(self.handle, &timer):
            at_most = timer.tv_sec + timer.tv_usec / 1e6
        brisk_lock_leave(&self.lock)
        try:
            wait(self.socket, &self.channel, writing, seconds, deadline, at_most)
        finally:
            if not brisk_lock_try(&self.lock):
                with nogil:
                    brisk_lock_wait(&self.lock)
        return True

    # ---- handshake

    def set_connect_state(self):
        """Work as a client from here on.

        ``SSL_set_connect_state(3)``
        """
        self.enter_io()
        try:
            s.SSL_set_connect_state(self.handle)
            self.fatal = None
        finally:
            self.leave()

    def set_accept_state(self):
        """Work as a server from here on.

        ``SSL_set_accept_state(3)``
        """
        self.enter_io()
        try:
            s.SSL_set_accept_state(self.handle)
            self.fatal = None
        finally:
            self.leave()

    def do_handshake(self):
        """Shake hands, or go on with a handshake under way.

        Raises WantReadError or WantWriteError when the transport is not ready and
        is not to be waited for, TimeoutError when it was waited for in vain,
        SysCallError when it failed or ended, Error when the peers cannot agree,
        and whatever a callback raised.
        ``SSL_do_handshake(3)``
        """
        cdef size_t moved
        cdef double deadline = 0
        self.enter_io()
        try:
            self.perform(HANDSHAKE, NULL, 0, &moved, &deadline)
        finally:
            self.leave()

    # ---- sending

    def send(self, buf, flags=0):
        """Send a part of ``buf`` and answer how many bytes that was, a record at most.

        ``buf`` is any object whose bytes lie in one piece.  ``flags`` is ignored.
        After WantReadError or WantWriteError call again with the same bytes.

        Raises what :meth:`do_handshake` raises, ZeroReturnError when the
        connection was closed; the exception's ``bytes_sent`` says how many bytes
        were taken all the same.
        ``SSL_write_ex(3)``
        """
        cdef Py_buffer view
        if PyBytes_CheckExact(buf):
            return self.send_part(PyBytes_AS_STRING(buf), PyBytes_GET_SIZE(buf))
        data = as_buffer(buf)
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            check_length(data, view.len)
            return self.send_part(<char*>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef object send_part(self, char* data, size_t size):
        cdef size_t moved = 0
        cdef double deadline = 0
        if size == 0:
            self.enter()
            self.leave()
            return 0
        self.enter_turn()
        try:
            self.write(data, size, &moved, &deadline)
        except BaseException as error:
            note_sent(error, moved)
            raise
        finally:
            brisk_lock_leave(&self.turn)
        return moved

    def sendall(self, buf, flags=0):
        """Send all of ``buf`` and answer its size in bytes.

        Threads that send at the same time take turns: the bytes of one call stay
        together.  ``flags`` is ignored.

        Raises what :meth:`send` raises; ``bytes_sent`` says how far it got.
        ``SSL_write_ex(3)``
        """
        cdef Py_buffer view
        data = as_buffer(buf)
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            check_length(data, view.len)
            return self.send_all(<char*>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef object send_all(self, char* data, size_t size):
        cdef size_t moved = 0
        cdef size_t done = 0
        cdef size_t part
        cdef double deadline = 0    # one for the whole message, as sockets have it
        self.enter_turn()
        try:
            while done < size:
                part = RECORD if size - done > RECORD else size - done
                self.write(data + done, part, &moved, &deadline)
                done += moved
                moved = 0
        except BaseException as error:
            note_sent(error, done + moved)
            raise
        finally:
            brisk_lock_leave(&self.turn)
        return done

    cdef int write(self, char* data, size_t size, size_t* moved, double* deadline) except -1:
        self.enter_io()
        try:
            if self.channel.memory:
                bio.make_ready(
                    &self.channel, (RECORD if size > RECORD else size) + OVERHEAD)
            self.perform(WRITE, data, size, moved, deadline)
        finally:
            self.leave()
        return 0

    cdef int enter_turn(self) except -1:
        # Every sender in its turn: the bytes of one message stay together.
        if brisk_lock_try(&self.turn):
            return 0
        if brisk_lock_is_mine(&self.turn):
            # A hook or a signal handler that interrupts its own thread's send.
            raise Error([(
                "SSL routines", "", "this thread is already sending on this connection")])
        with nogil:
            brisk_lock_wait(&self.turn)
        return 0

    # ---- receiving

    def recv(self, bufsiz, flags=None):
        """Answer between 1 and ``bufsiz`` bytes of what the peer sent; b"" only for 0.

        ``flags`` may be ``socket.MSG_PEEK``: the bytes stay to be read again.

        Raises ZeroReturnError after the peer's clean close, SysCallError when the
        transport ended without one, and what :meth:`do_handshake` raises;
        TypeError or ValueError for a size that is none.
        ``SSL_read_ex(3)``
        """
        cdef size_t size = size_of(bufsiz, "bufsiz")
        cdef bint peek = flags is not None and flags & PEEK_FLAG
        self.enter_io()
        try:
            return b"" if size == 0 else self.read(size, peek)
        finally:
            self.leave()

    def recv_into(self, buffer, nbytes=None, flags=None):
        """Receive into a writable buffer and answer how many bytes that was.

        ``nbytes`` bounds it, in bytes; the buffer's size does in any case.
        ``flags`` as for :meth:`recv`.

        Raises what :meth:`recv` raises, BufferError when the buffer cannot be
        written to or does not lie in one piece.
        ``SSL_read_ex(3)``
        """
        cdef Py_buffer view
        cdef size_t size
        cdef size_t asked = 0
        cdef bint peek = flags is not None and flags & PEEK_FLAG
        if nbytes is not None:
            asked = size_of(nbytes, "nbytes")
        PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE | PyBUF_WRITABLE)
        try:
            size = view.len
            if nbytes is not None and asked < size:
                size = asked
            self.enter_io()
            try:
                return 0 if size == 0 else self.read_into(<char*>view.buf, size, peek)
            finally:
                self.leave()
        finally:
            PyBuffer_Release(&view)

    cdef size_t unread(self) noexcept:
        """How many bytes a read can find at most without asking the transport again."""
        return s.SSL_pending(self.handle) + self.channel.incoming

    cdef object read(self, size_t size, bint peek):
        cdef char small[ON_STACK]
        cdef PyObject* big
        cdef size_t room = 4 * RECORD
        cdef size_t done
        if self.socket is None and self.held is None:
            # What came in bounds what can come out; what libssl holds of a
            # record it has begun is bounded by a record.
            room = self.unread()
            if room > ON_STACK or s.SSL_has_pending(self.handle):
                room += RECORD
            elif room < ON_STACK:
                room = ON_STACK
        if room > size:
            room = size
        if room <= ON_STACK:
            done = self.read_into(small, room, peek)
            return PyBytes_FromStringAndSize(small, done)
        big = bytes_of_size(NULL, room)
        try:
            done = self.read_into(bytes_data(big), room, peek)
        except BaseException:
            Py_XDECREF(big)
            raise
        if done != room:
            _PyBytes_Resize(&big, done)
        data = <object>big
        Py_XDECREF(big)
        return data

    cdef size_t read_into(self, char* data, size_t size, bint peek) except? 0:
        cdef size_t moved = 0
        cdef size_t done = 0
        cdef double deadline = 0
        if self.held is not None:
            return self.read_held(data, size, peek)
        if self.deferred is not None:
            error = self.deferred
            self.deferred = None
            raise error
        try:
            self.perform(PEEK if peek else READ, data, size, &moved, &deadline)
        except BaseException:
            if moved > 0 and not peek and not self.aborted:
                self.held = PyBytes_FromStringAndSize(data, moved)
            raise
        done = moved
        if peek or self.channel.datagram:
            return done     # each datagram by itself
        # More records may be here already; fetching them asks nobody to wait.
        while done < size and self.unread() > 0:
            if not self.read_more(data + done, size - done, &moved):
                break
            done += moved
        return done

    cdef bint read_more(self, char* data, size_t size, size_t* moved) except -1:
        """Read what is buffered, if it makes a record; an error has to wait its turn."""
        cdef Verdict verdict
        moved[0] = 0
        with nogil:
            verdict = self.compute(READ, data, size, moved)
        bio.give_back(&self.channel)
        try:
            if self.failure is not None:
                self.after(verdict, False)
            if verdict.status != DONE and (
                    verdict.status != WANT_READ and verdict.status != WANT_WRITE):
                self.tell(READ, verdict)
        except BaseException as error:
            self.deferred = error
        return moved[0] > 0

    cdef size_t read_held(self, char* data, size_t size, bint peek) except? 0:
        cdef bytes held = self.held
        cdef size_t done = PyBytes_GET_SIZE(held)
        if done > size:
            done = size
        memcpy(data, PyBytes_AS_STRING(held), done)
        if not peek:
            self.held = held[done:] or None
        return done

    def pending(self):
        """How many bytes :meth:`recv` has ready without asking the transport.

        ``SSL_pending(3)``
        """
        self.enter()
        try:
            return s.SSL_pending(self.handle) + (
                0 if self.held is None else PyBytes_GET_SIZE(self.held))
        finally:
            self.leave()

    # ---- ending

    def shutdown(self):
        """Send close_notify; True once the peer's has come too, else False.

        Raises Error before the handshake is done, and what :meth:`send` raises.
        ``SSL_shutdown(3)``
        """
        cdef size_t moved
        cdef double deadline = 0
        self.enter_io()
        try:
            self.perform(SHUTDOWN, NULL, 0, &moved, &deadline)
        finally:
            self.leave()
        return moved == 1

    def get_shutdown(self):
        """The bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``.

        ``SSL_get_shutdown(3)``
        """
        self.enter()
        try:
            return s.SSL_get_shutdown(self.handle)
        finally:
            self.leave()

    def set_shutdown(self, int state):
        self.enter()
        try:
            s.SSL_set_shutdown(self.handle, state)
        finally:
            self.leave()

    def want_read(self):
        """Whether the last operation waits for bytes from the transport.

        ``SSL_want_read(3)``
        """
        self.enter()
        try:
            return s.SSL_want(self.handle) == s.SSL_READING
        finally:
            self.leave()

    def want_write(self):
        """Whether the last operation waits for room in the transport.

        ``SSL_want_write(3)``
        """
        self.enter()
        try:
            return s.SSL_want(self.handle) == s.SSL_WRITING
        finally:
            self.leave()

    # ---- memory BIO

    cdef int enter_memory(self) except -1:
        if self.handle != NULL and self.socket is not None:
            raise TypeError("Connection sock was not None")
        return self.enter()

    def bio_read(self, bufsiz):
        """Take up to ``bufsiz`` bytes that are to be sent to the peer.

        Over DTLS exactly one datagram; ValueError when it does not fit.

        Raises WantReadError when there are none, TypeError over a socket.
        ``BIO_read(3)``
        """
        cdef object data
        cdef size_t size
        self.enter_memory()
        try:
            size = size_of(bufsiz, "bufsiz")
            data = bio.take(&self.channel, size) if size > 0 else b""
        finally:
            self.leave()
        if data is None:
            raise WantReadError()
        return data

    def bio_write(self, buf):
        """Hand in bytes that came from the peer; answer how many, which is all of them.

        Over DTLS exactly one datagram.

        Raises TypeError over a socket.
        ``BIO_write(3)``
        """
        cdef object data = as_buffer(buf)
        if not PyBytes_CheckExact(data):
            if not isinstance(data, memoryview):
                data = memoryview(data)
            data = bytes(data)
        self.enter_memory()
        try:
            if PyBytes_GET_SIZE(data) > 0:
                bio.feed(&self.channel, data)
            return PyBytes_GET_SIZE(data)
        finally:
            self.leave()

    def bio_shutdown(self):
        """Say that no more bytes will come from the peer than have been handed in.

        Raises TypeError over a socket.
        ``BIO_set_mem_eof_return(3)``
        """
        self.enter_memory()
        try:
            self.channel.ended = True
        finally:
            self.leave()

    def set_bio_limit(self, size):
        """Let at most about ``size`` bytes wait for :meth:`bio_read`; 0 sets no bound.

        Beyond it, sending raises WantWriteError.  One record may exceed it.

        Raises TypeError over a socket.
        ``BIO_set_write_buf_size(3)``
        """
        cdef size_t limit = size_of(size, "size")
        self.enter_memory()
        try:
            self.channel.limit = limit
        finally:
            self.leave()

    # ---- hooks and contexts

    def set_context(self, Context context not None):
        cdef Hooks hooks
        self.enter()
        try:
            context.enter()
            try:
                errors.clear()
                if s.SSL_set_SSL_CTX(self.handle, context.handle) == NULL:
                    errors.fail_ssl("SSL_set_SSL_CTX failed")
                self.adopt_settings(context)
                hooks = context.hooks.copy()
            finally:
                context.leave()
            if self.own_verify:
                hooks.verify = self.hooks.verify
            if self.own_info:
                hooks.info = self.hooks.info
            self.hooks = hooks
            self.context = context
        finally:
            self.leave()

    cdef int adopt_settings(self, Context context) except -1:
        """What libssl leaves as it was in SSL_new: whom to verify, and how."""
        cdef s.verify_hook hook = NULL
        s.SSL_set_options(self.handle, s.SSL_CTX_get_options(context.handle))
        if not self.own_verify:
            if context.hooks.verify is not None:
                hook = on_verify
            s.SSL_set_verify(self.handle, s.SSL_CTX_get_verify_mode(context.handle), hook)
            s.SSL_set_verify_depth(
                self.handle, s.SSL_CTX_get_verify_depth(context.handle))
        return 0

    @property
    def _socket(self):
        return self.socket

    def get_context(self):
        return self.context

    def get_app_data(self):
        return self.app_data

    def set_app_data(self, data):
        self.app_data = data
