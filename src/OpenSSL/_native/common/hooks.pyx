"""Keeps the first exception of a hook until the call that ran the hook can raise it.

Theory.  A hook runs in the middle of a C call, where no Python exception may
pass.  Its C callback gives the exception to ``Carrier.keep``; the method that
made the C call asks ``raise_kept`` before it looks at anything else.  A second
failure during the same call joins the first as the end of its ``__context__``
chain.  Hooks live in a ``Hooks`` object that is never changed once a
connection can see it: a setter makes a changed copy, so a connection keeps
the set it was created with, whole.
"""

from cpython.ref cimport Py_INCREF, PyObject
from libc cimport errno

from OpenSSL._native.common.errors cimport clear, queue_aside, queue_back

from OpenSSL._exceptions import Error, WantReadError, WantWriteError, WantX509LookupError

cdef extern from "Python.h":
    # Takes the references.
    void PyErr_Restore(PyObject* kind, PyObject* error, PyObject* traceback)
    void PyErr_WriteUnraisable(object about)

cdef extern from "running.h":
    size_t brisk_stack_left()
    void* brisk_run_for(void* carrier) nogil
    void* brisk_runs_for() nogil

cdef extern from *:
    """
    /* Something to be awaited, or a generator. */
    static int brisk_is_yet_to_come(PyObject *answer)
    {
        PyAsyncMethods *methods = Py_TYPE(answer)->tp_as_async;
        return PyGen_Check(answer)
            || (methods != NULL && (methods->am_await != NULL || methods->am_anext != NULL));
    }
    """
    bint brisk_is_yet_to_come(object answer)

cdef enum:
    # Bytes of stack that a hook is given at least: a handshake of its own, with Python around
    # it, takes less.
    HOOK_ROOM = 0x10000


def write_unraisable(error not None: BaseException, about) -> None:
    """Tell ``sys.unraisablehook`` of an exception that no call can raise."""
    cdef object kind = type(error)
    cdef object traceback = error.__traceback__
    Py_INCREF(kind)
    Py_INCREF(error)
    if traceback is not None:
        Py_INCREF(traceback)
    PyErr_Restore(
        <PyObject*>kind, <PyObject*>error,
        NULL if traceback is None else <PyObject*>traceback)
    PyErr_WriteUnraisable(about)


# The slots of a set without hooks.
cdef tuple NOTHING = (None,) * HOOKS


cdef class Hooks:
    def __cinit__(self):
        self.slots = NOTHING

    cdef Hooks copy(self):
        cdef Hooks new = Hooks.__new__(Hooks)
        new.filled = self.filled
        new.slots = self.slots
        return new

    cdef object get(self, Hook which):
        return None if self.slots is None else self.slots[which]

    cdef int put(self, Hook which, object hook) except -1:
        cdef list slots = list(self.slots)
        slots[which] = hook
        self.slots = tuple(slots)
        if hook is None:
            self.filled &= ~bit(which)
        else:
            self.filled |= bit(which)
        return 0

    cdef int bring(self, hook_bits these, Hooks others) except -1:
        cdef int which
        for which in range(HOOKS):
            if these & bit(<Hook>which):
                self.put(<Hook>which, others.get(<Hook>which))
        return 0

    cdef Hooks changed(self, Hook which, object hook):
        cdef Hooks new = self.copy()
        new.put(which, hook)
        return new


cdef class Carrier:
    """Keeps the first exception of a hook until the call that ran it raises it."""

    cdef void keep(self, object error) noexcept:
        if isinstance(error, (WantReadError, WantWriteError, WantX509LookupError)):
            error = failed_to_wait(error)
        if self.failure is None:
            self.failure = error
            return
        try:
            # Exceptions may share links; walk to the end, never into a circle.
            last = self.failure
            seen = {id(last), id(error)}
            while last.__context__ is not None and id(last.__context__) not in seen:
                last = last.__context__
                seen.add(id(last))
            if last is not error and last.__context__ is None:
                last.__context__ = error
        except BaseException:
            pass  # out of memory: the first failure is still there to be raised

    cdef int raise_kept(self) except -1:
        cdef object error = self.failure
        if error is None:
            return 0
        self.failure = None
        raise error

    cdef bint expects(self, bytes key) except -1:
        return False

    cdef void spoil(self) noexcept:
        """A hook failed that has no way to say so to C: see to it that nothing follows."""

    cdef void hook_begins(self) noexcept:
        """A hook is about to run: let go of what it may want to change."""

    cdef void hook_ends(self) noexcept:
        """The hook has run, and whoever asked it goes on."""


cdef object failed_to_wait(object error):
    """What is raised for a hook that asks for time where there is none.

    As it is, the program would take it for "not yet" and wait, for nothing.
    """
    try:
        raise Error([(
            "SSL routines", "", f"a callback raised {type(error).__name__}, and cannot wait here",
        )]) from error
    except BaseException as other:  # out of memory, perhaps
        return other


# ---- around a hook

cdef bint enter_hook(Scope* scope, Carrier carrier) noexcept:
    if isinstance(carrier.failure, RecursionError):
        return False    # each would only come as deep again
    scope.number = errno.errno
    queue_aside(&scope.queue)
    if brisk_stack_left() < HOOK_ROOM:
        refuse_depth(carrier)
        queue_back(&scope.queue)
        errno.errno = scope.number
        return False
    scope.running = brisk_run_for(NULL)
    carrier.hook_begins()
    return True


cdef void refuse_depth(Carrier carrier) noexcept:
    try:
        raise RecursionError("callbacks within callbacks are nested too deeply")
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()


cdef void leave_hook(Scope* scope, Carrier carrier) noexcept:
    carrier.hook_ends()
    brisk_run_for(scope.running)
    queue_back(&scope.queue)
    errno.errno = scope.number


# ---- what a hook has answered

cdef object settled(object answer, str whose):
    """The answer; raises TypeError for one that is yet to come, because no hook is awaited.

    The body of a coroutine or generator function has not run at all: what it would refuse is
    not accepted.
    """
    if answer is None or answer is True or answer is False or type(answer) is bytes:
        return answer
    if not brisk_is_yet_to_come(answer):
        return answer
    if hasattr(answer, "close"):
        answer.close()  # a coroutine would complain that nobody has awaited it
    raise TypeError(
        f"{whose} must be an ordinary function, which answers at once: it returned a "
        f"{type(answer).__name__}")


cdef int heard(object answer, str whose) except -1:
    """Nobody looks at the answer: what runs by itself, an asyncio Future, may be one."""
    # As asyncio.isfuture knows them.
    if answer is not None and not hasattr(type(answer), "_asyncio_future_blocking"):
        settled(answer, whose)
    return 0


def settle(answer: Any, whose not None: str) -> Any:
    """Do it for a hook that is asked by Python."""
    return settled(answer, whose)


# ---- calls in which a key that lives elsewhere may be asked to sign

cdef void* run_for(void* carrier) noexcept nogil:
    return brisk_run_for(carrier)


cdef Carrier running():
    cdef void* carrier = brisk_runs_for()
    return None if carrier == NULL else <Carrier>carrier


cdef class Asking(Carrier):
    """A call of libcrypto that signs, between ``begin_asking`` and ``end``."""

    cdef int end(self) except -1:
        brisk_run_for(self.before)
        if self.failure is not None:
            clear()     # what libcrypto says is only the echo
            self.raise_kept()
        return 0


cdef Asking begin_asking():
    cdef Asking made = Asking.__new__(Asking)
    made.before = brisk_run_for(<void*>made)
    return made


# ---- what a program gives us to keep

cdef class Kept:
    pass


cdef Kept keep(object value):
    cdef Kept made
    if value is None:
        return None
    made = Kept.__new__(Kept)
    made.value = value
    return made
