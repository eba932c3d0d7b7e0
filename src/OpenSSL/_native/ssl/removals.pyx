"""Removals: sessions that libssl has let go of wait here until the program can be told.

Theory.  libssl says so with the lock of its cache held (3.0 and 3.5), and Python may not run
there (``removals.h``).  So its callback only puts a session into the row of its Context; the
thread that leaves a Connection or Context next, with no lock of ours held, tells the program
(``Context.tell_removed``).  It may be a finaliser's, or one whose program holds a Context in a
passphrase callback elsewhere: it must not wait for the Context's lock to learn whom to tell.  So
whom stands here too, under the row's own lock, which nobody holds for longer than a word takes.
"""

cimport OpenSSL._native.common.libssl as s

cdef extern from "removals.h" nogil:
    ctypedef struct brisk_removals:
        long count
    int brisk_removals_ready()
    brisk_removals* brisk_removals_open(s.SSL_CTX* context)
    void brisk_removals_put(brisk_removals* row, s.SSL_SESSION* session)
    void brisk_removal_is_quiet(s.SSL_SESSION* session)
    void brisk_removed(s.SSL_CTX* context, s.SSL_SESSION* session)
    s.SSL_SESSION* brisk_removals_take(brisk_removals* row)
    int brisk_removals_hold(brisk_removals* row)
    void brisk_removals_release(brisk_removals* row)
    bint brisk_removals_any(const brisk_removals* row)
    void brisk_removals_hear(brisk_removals* row, bint heard)
    long brisk_removals_lost(brisk_removals* row)
    void brisk_removals_close(brisk_removals* row)

if not brisk_removals_ready():
    raise MemoryError("there is no memory for what OpenSSL keeps for us")


cdef class Removals:
    """Sessions that libssl has let go of, and the program does not know of yet."""

    def __cinit__(self):
        self.row = NULL
        self.count = NULL

    def __dealloc__(self):
        brisk_removals_close(<brisk_removals*>self.row)

    def __reduce__(self):
        raise TypeError("removals are not pickled")

    cdef s.SSL_SESSION* take(self) noexcept:
        return brisk_removals_take(<brisk_removals*>self.row)

    cdef void put(self, s.SSL_SESSION* session) noexcept:
        brisk_removals_put(<brisk_removals*>self.row, session)

    cdef int set_hook(self, object hook) except -1:
        if not brisk_removals_hold(<brisk_removals*>self.row):
            raise MemoryError()
        brisk_removals_hear(<brisk_removals*>self.row, hook is not None)
        # What is replaced may have a finaliser: that runs behind the end of this function.
        self.asked, hook = hook, self.asked
        brisk_removals_release(<brisk_removals*>self.row)
        return 0

    cdef object hook(self):
        cdef object found
        if not brisk_removals_hold(<brisk_removals*>self.row):
            return None
        found = self.asked
        brisk_removals_release(<brisk_removals*>self.row)
        return found

    cdef bint waits(self) noexcept:
        cdef bint found
        if not brisk_removals_hold(<brisk_removals*>self.row):
            return False
        found = brisk_removals_any(<brisk_removals*>self.row)
        brisk_removals_release(<brisk_removals*>self.row)
        return found

    cdef long lost(self) noexcept:
        return brisk_removals_lost(<brisk_removals*>self.row)


cdef Removals removals_of(s.SSL_CTX* context):
    cdef Removals made = Removals.__new__(Removals)
    cdef brisk_removals* row = brisk_removals_open(context)
    if row == NULL:
        raise MemoryError()
    made.row = row
    made.count = &row.count
    return made


cdef void keep_quiet(s.SSL_SESSION* session) noexcept nogil:
    brisk_removal_is_quiet(session)


cdef void on_session_remove(s.SSL_CTX* context, s.SSL_SESSION* session) noexcept nogil:
    brisk_removed(context, session)
