"""Tunnel carries a connection's bytes by the methods of an object: TLS inside TLS.

Theory.  A socket's descriptor is the transport where its ``recv`` and ``send`` are the
system's.  An object that has methods of its own, as an ``ssl.SSLSocket`` or another
Connection has, does something to the bytes, and a user of the descriptor underneath
would go around that.  So the connection works in memory.  Where libssl has nothing more to
read, the object is asked for what the record under way lacks, and for no more: what follows
a close_notify stays with it.  What libssl wants to write is offered (see ``bio``), and told to
it as written once the object has taken it; so want-states mean what they mean over a socket.
The object is asked without the connection's lock, by one thread for each direction.
"""

import _socket
import sys

from time import monotonic

from cpython.bytes cimport PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.errno cimport EPIPE
from libc.string cimport strcmp

cimport cython
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport DONE, SYSTEM, WANT_READ, WANT_WRITE, Verdict
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.lock cimport (
    brisk_lock, brisk_lock_destroy, brisk_lock_init, brisk_lock_is_mine, brisk_lock_leave,
    brisk_lock_try, brisk_lock_wait,
)
from OpenSSL._native.common.platform cimport brisk_poll
from OpenSSL._native.ssl.channel cimport Channel, feed, lacking
from OpenSSL._native.ssl.ending cimport OVER, Ending
from OpenSSL._native.ssl.locking cimport wait_for

from OpenSSL._exceptions import (
    Error, SysCallError, WantReadError, WantWriteError, ZeroReturnError,
)

cdef object plain = _socket.socket
cdef object builtin = type(len)
cdef tuple want_read = (BlockingIOError, WantReadError)

# Sockets of event loops, whose descriptor is the transport: who uses them waits by the loop.
# Their recv and send come from these modules, those of their TLS from others.
cdef frozenset cooperative = frozenset((
    "eventlet.greenio.base", "gevent._socket3", "gevent._socketcommon",
))


cdef bint is_system(object socket, object method) except -1:
    """Whether a method does nothing but ask the system, or an event loop before that."""
    if not isinstance(method, builtin):
        return getattr(method, "__module__", None) in cooperative
    owner = method.__self__
    if not isinstance(owner, plain):
        return False
    if owner is socket:
        return True
    # What has a socket's methods for its own, and no descriptor, is known by them alone.
    number = getattr(socket, "fileno", None)
    return callable(number) and owner.fileno() == number()


cdef object method_of(object socket, str name, str other):
    method = getattr(socket, name, None)
    if not callable(method):
        method = getattr(socket, other, None)
    return method if callable(method) else None


cdef Tunnel tunnel_for(object socket):
    cdef Tunnel tunnel
    kind = type(socket)
    if kind is int or kind is plain:
        return None
    receive = method_of(socket, "recv", "recv_into")
    send = method_of(socket, "send", "sendall")
    if receive is None and send is None or kind.__module__ == "multiprocessing.connection":
        return None     # it has no more than a descriptor, or its methods move objects
    if receive is None or send is None:
        raise TypeError(
            f"{kind.__name__} has a method to {'send' if receive is None else 'receive'}, "
            f"and none to {'receive' if receive is None else 'send'}")
    if is_system(socket, receive) and is_system(socket, send):
        return None
    tunnel = Tunnel.__new__(Tunnel)
    tunnel.socket = socket
    return tunnel


def is_tunnelled(socket) -> bool:
    """Whether an object's bytes go by its own methods, not by a descriptor."""
    return tunnel_for(socket) is not None


@cython.final
cdef class Tunnel:
    """What carries the bytes of a connection that has no descriptor of its own."""

    def __cinit__(self):
        brisk_lock_init(&self.intake)
        brisk_lock_init(&self.outlet)

    def __dealloc__(self):
        brisk_lock_destroy(&self.intake)
        brisk_lock_destroy(&self.outlet)

    cdef double patience(self) except -2:
        """Seconds an operation may wait: 0 not at all, -1 for ever, as far as is known."""
        ask = getattr(self.socket, "gettimeout", None)
        timeout = None if ask is None else ask()
        return -1 if timeout is None else timeout

    cdef bint is_ready(self, bint writing):
        """Whether asking it would not wait, by all that can be known."""
        cdef int number
        try:
            number = self.socket.fileno()
            return number < 0 or brisk_poll(number, writing, 0) != 0
        except Exception:
            return True

    cdef bint pending(self) except -1:
        """Whether it has bytes ready that no selector shows."""
        ask = getattr(self.socket, "pending", None)
        return callable(ask) and ask() > 0

    cdef int answer_of(self, object error) except -1:
        """The want-state that an exception tells of; DONE where it tells of another thing."""
        if isinstance(error, WantWriteError):
            return WANT_WRITE
        if isinstance(error, want_read):
            return WANT_READ
        ssl = sys.modules.get("ssl")
        if ssl is None:
            return DONE
        if isinstance(error, ssl.SSLWantWriteError):
            return WANT_WRITE
        return WANT_READ if isinstance(error, ssl.SSLWantReadError) else DONE

    cdef object ask(self, size_t size):
        receive = getattr(self.socket, "recv", None)
        if receive is not None:
            return receive(size)
        buffer = bytearray(size)
        return bytes(buffer[:self.socket.recv_into(buffer)])

    cdef object tell(self, bytes data):
        send = getattr(self.socket, "send", None)
        if send is not None:
            return send(data)
        try:
            self.socket.sendall(data)
        except BaseException:
            self.torn = True
            raise
        return len(data)

    cdef object receive(self, size_t size, int* status):
        """Between 1 and `size` bytes, b"" at the end, None with a want-state."""
        while True:
            try:
                data = self.ask(size)
                break
            except InterruptedError:
                continue
            except ZeroReturnError:
                return b""
            except Exception as error:
                status[0] = self.answer_of(error)
                if status[0] == DONE:
                    raise
                return None
        if type(data) is not bytes:
            try:
                data = bytes(memoryview(data))
            except TypeError:
                raise TypeError(
                    f"recv() of {type(self.socket).__name__} must return bytes, "
                    f"not {type(data).__name__}") from None
        if <size_t>PyBytes_GET_SIZE(data) > size:
            raise ValueError(
                f"recv() of {type(self.socket).__name__} returned {len(data)} bytes "
                f"where {size} were asked for")
        return data

    cdef size_t give(self, bytes data, int* status) except? 0:
        """How many bytes it has taken; 0 with a want-state."""
        # Where its own TLS is over, it would go on in the clear.
        if self.torn or getattr(self.socket, "_sslobj", self) is None:
            raise SysCallError(EPIPE, "EPIPE")
        while True:
            try:
                count = self.tell(data)
                break
            except InterruptedError:
                continue
            except Exception as error:
                status[0] = (
                    WANT_WRITE if isinstance(error, BlockingIOError) else self.answer_of(error))
                if status[0] == DONE or self.torn:
                    raise
                return 0
        if not isinstance(count, int) or not 0 <= count <= len(data):
            raise TypeError(
                f"send() of {type(self.socket).__name__} must return how many of "
                f"{len(data)} bytes it took, not {count!r}")
        if count == 0:
            raise SysCallError(EPIPE, "EPIPE")
        return count


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Tunnelled(Ending):
    """How a connection's bytes go through an object that has methods of its own for them."""

    cdef int carry(self, int status, double* deadline) except -1:
        """Do what libssl waits for, with the lock held; DONE, or what has to be waited for."""
        self.tunnel.wanted = DONE
        status = self.give_to(deadline) if status == WANT_WRITE else self.receive_from(deadline)
        self.tunnel.wanted = <flag>status
        return status

    cdef int receive_from(self, double* deadline) except -1:
        cdef Tunnel tunnel = self.tunnel
        cdef unsigned long before = tunnel.intakes
        cdef int status = DONE
        cdef object data, failure = None
        cdef size_t size
        brisk_lock_leave(&self.lock)
        try:
            if not self.get_side(&tunnel.intake, False, deadline):
                status = WANT_READ
        finally:
            self.come_back()
        if status != DONE:
            return status
        try:
            # Another thread may have brought it meanwhile, or met the end.
            if tunnel.intakes != before or self.channel.ended:
                return DONE
            data = tunnel.kept
            if data is None:
                size = lacking(&self.channel)
                brisk_lock_leave(&self.lock)
                try:
                    data = tunnel.receive(size, &status)
                except Exception as error:
                    failure = error
                finally:
                    self.come_back()
            if failure is not None:
                self.fail_by(failure)
            if status != DONE:
                return status
            tunnel.intakes += 1
            tunnel.kept = data
            if PyBytes_GET_SIZE(data) == 0:
                self.channel.ended = True
            else:
                feed(&self.channel, data)
            tunnel.kept = None
            return DONE
        finally:
            brisk_lock_leave(&tunnel.intake)

    cdef int give_to(self, double* deadline) except -1:
        cdef Tunnel tunnel = self.tunnel
        cdef Channel* channel = &self.channel
        cdef unsigned long before = tunnel.outlets
        cdef int status = DONE
        cdef object data, failure = None
        cdef size_t count = 0
        brisk_lock_leave(&self.lock)
        try:
            if not self.get_side(&tunnel.outlet, True, deadline):
                status = WANT_WRITE
        finally:
            self.come_back()
        if status != DONE:
            return status
        try:
            if tunnel.outlets != before or channel.spill_start > 0:
                return DONE     # another thread has done it
            if channel.spill_end == 0:
                return WANT_WRITE
            data = PyBytes_FromStringAndSize(channel.spill, channel.spill_end)
            channel.carrying = True
            brisk_lock_leave(&self.lock)
            try:
                count = tunnel.give(data, &status)
            except Exception as error:
                failure = error
            finally:
                self.come_back()
                channel.carrying = False
            if failure is not None:
                self.fail_by(failure)
            if status == DONE:
                tunnel.outlets += 1
                channel.spill_start = count
            return status
        finally:
            brisk_lock_leave(&tunnel.outlet)

    cdef bint get_side(self, brisk_lock* side, bint writing, double* deadline) except -1:
        """Be the one who receives, or sends, without the lock; False where nobody waits."""
        cdef double seconds = self.tunnel.patience()
        if seconds > 0 and deadline[0] == 0:
            deadline[0] = monotonic() + seconds
        elif seconds > 0 and 0 < deadline[0] <= monotonic():
            raise TimeoutError(
                "The write operation timed out" if writing else "The read operation timed out")
        elif deadline[0] < 0 and seconds != 0 and not self.tunnel.is_ready(writing):
            return False
        if brisk_lock_try(side, &forks):
            return True
        if brisk_lock_is_mine(side, &forks):
            # A signal handler, or another greenlet of this thread.
            raise Error([(
                "SSL routines", "", "this thread is already waiting for this connection's bytes")])
        if seconds == 0 or deadline[0] < 0:
            return False
        wait_for(side, "connection", deadline[0])
        return True

    cdef int fail_by(self, object error) except -1:
        """Raise what the object has raised; a failure of the system's as over a socket."""
        cdef Verdict verdict
        if (isinstance(error, OSError) and type(error).__module__ == "builtins"
                and isinstance(error.errno, int) and error.errno > 0):
            verdict.status = SYSTEM
            verdict.number = error.errno
            try:
                self.tell(verdict)
            except Error as told:
                raise told from error
        raise error

    cdef int say_last(self) except -1:
        """Give the object what libssl has written when it failed, and will not offer again."""
        cdef Tunnel tunnel = self.tunnel
        cdef Channel* channel = &self.channel
        cdef int status = DONE
        cdef object data
        if channel.spill_start == channel.spill_end or channel.carrying or not (
                self.end == OVER or self.aborted
                or strcmp(s.SSL_state_string(self.handle), b"SSLERR") == 0):
            return 0
        data = PyBytes_FromStringAndSize(
            channel.spill + channel.spill_start, channel.spill_end - channel.spill_start)
        channel.spill_start = channel.spill_end = 0
        if not brisk_lock_try(&tunnel.outlet, &forks):
            return 0
        brisk_lock_leave(&self.lock)
        try:
            # As over a socket: what does not go at once does not go.
            while data and status == DONE and tunnel.is_ready(True):
                data = data[tunnel.give(data, &status):]
        except Exception:
            pass    # what has failed first is told
        finally:
            self.come_back()
            brisk_lock_leave(&tunnel.outlet)
        return 0

    cdef void come_back(self) noexcept:
        if not brisk_lock_try(&self.lock, &forks):
            with nogil:
                brisk_lock_wait(&self.lock, &forks)
