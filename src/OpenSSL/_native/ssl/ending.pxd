from OpenSSL._native.common.errors cimport Verdict
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.context_choice cimport ContextChooser

cdef enum End:
    OPEN        # nothing has ended it
    BROKEN      # sending failed; what the peer said before may still be there to be read
    OVER        # nothing can be read or sent any more

cdef class Ending(ContextChooser):
    cdef object socket              # None: memory BIO
    cdef Channel channel
    cdef object fatal               # the error that ended the connection, to tell again
    cdef flag end                   # End
    cdef flag unsaid                # our close_notify has begun, and is not out yet
    cdef flag aborted               # a hook failed in the handshake; nothing may follow

    cdef void begin_again(self) noexcept
    cdef int check_over(self) except -1
    cdef int raise_after_hook(self, Verdict verdict, bint starting) except -1
    cdef void remember_quietly(self, Verdict verdict) noexcept
    cdef void poison(self) noexcept
    cdef void abort(self) noexcept
    cdef int tell(self, Verdict verdict) except -1
    cdef int note_end(self, Verdict verdict, object error) except -1
    cdef int explain_hidden(self, object error) except -1
    cdef void finish(self, End end, object error) noexcept
    cdef bint has_failed(self, object error) noexcept
    cdef int check_aborted(self) except -1
    cdef int check_idle(self) except -1
    cdef Verdict exchange_close_notify(self, size_t* moved) noexcept nogil
    cdef bint wait_for_close_notify(self, Verdict* verdict, size_t* moved) noexcept nogil
