cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.owners cimport Owner

cdef class NameOwner(Owner):
    # A name inside this object is to be written to, and has been.
    cdef int name_changes(self) except -1
    cdef int name_changed(self) except -1
    # Where the name that was lent is now.
    cdef c.X509_NAME* lent(self, bint subject) except NULL

cdef class X509Name(Owner):
    # The handle is its own, or the owner's.
    cdef NameOwner owner            # None for a name that stands alone
    cdef bint subject               # which of the owner's names it is

    cdef c.X509_NAME* held(self) except NULL
    # A copy, for the caller to free.
    cdef c.X509_NAME* copy(self) except NULL
    # What to lock while the handle is used.
    cdef object guard(self)

cdef object wrap_name(c.X509_NAME* taken)
cdef object borrow_name(NameOwner owner, bint subject)
cdef list wrap_names(const c.X509_NAME_LIST* borrowed)
# The names of a list that is the caller's own; it is freed, or NULL.
cdef list take_names(c.X509_NAME_LIST* copies)
cdef unsigned long hash_of(const c.X509_NAME* name) except? 0
# The one place that gives names back.
cdef void release_name(c.X509_NAME* name) noexcept nogil
