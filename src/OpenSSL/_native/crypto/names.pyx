"""``X509Name``: a distinguished name that stands alone or lives in a certificate.

Theory.  A name taken from a certificate is that certificate's: writing to it
writes to the certificate.  Such a name keeps its owner alive, locks the owner
while it works, and tells it of changes, because a certificate that was loaded
keeps its old encoding until told that it is stale.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.limits cimport INT_MAX

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.asn1 as asn1
from OpenSSL._native.common.owners cimport Owner, new, wrap

cdef extern from "compat.h" nogil:
    c.X509_NAME* sk_X509_NAME_shift(c.X509_NAME_LIST* names)
    int MBSTRING_UTF8
    void X509_NAME_free(c.X509_NAME* name)
    c.X509_NAME* d2i_X509_NAME(c.X509_NAME** into, const unsigned char** data, long size)
    unsigned long X509_NAME_hash_ex(const c.X509_NAME* name, void* library, const char* wanted,
        int* done)
    int X509_NAME_get_index_by_NID(const c.X509_NAME* name, int nid, int after)
    c.X509_NAME_ENTRY* X509_NAME_delete_entry(c.X509_NAME* name, int index)
    int X509_NAME_add_entry_by_NID(c.X509_NAME* name, int nid, int type,
        const unsigned char* data, int size, int location, int set)
    void X509_NAME_ENTRY_free(c.X509_NAME_ENTRY* entry)

cdef class NameOwner(Owner):
    """What lends out a name that is a part of itself."""

    cdef int name_changes(self) except -1:
        """The names lent out may be other ones afterwards."""
        return 0

    cdef int name_changed(self) except -1:
        return 0

    cdef c.X509_NAME* lent(self, bint subject) except NULL:
        raise ValueError("this object has no names")


cdef void free(void* handle) noexcept nogil:
    X509_NAME_free(<c.X509_NAME*>handle)


# The collector must not take the owner of a name that is lent: it would free what is not its own.
@cython.no_gc_clear
cdef class X509Name(Owner):
    """The owner of a name, or a view of another owner's."""

    def __init__(self, X509Name name not None):
        if self.handle == NULL:
            self.handle = name.copy()

    def __dealloc__(self):
        if self.owner is None:
            free(self.handle)

    cdef c.X509_NAME* held(self) except NULL:
        cdef void* handle = self.some("X509Name")
        # Asked for each time: the owner may have got another name in its place, and would
        # not find all that it lent, as a finaliser's that the collector has come upon.
        if self.owner is not None:
            handle = self.handle = self.owner.lent(self.subject)
        return <c.X509_NAME*>handle

    cdef object guard(self):
        return self if self.owner is None else self.owner

    cdef c.X509_NAME* copy(self) except NULL:
        cdef c.X509_NAME* made
        guard = self.guard()
        errors.clear()
        with cython.critical_section(guard):
            made = c.X509_NAME_dup(self.held())
        if made == NULL:
            errors.fail_crypto("the name cannot be copied")
        return made


cdef void release_name(c.X509_NAME* name) noexcept nogil:
    X509_NAME_free(name)


cdef object wrap_name(c.X509_NAME* taken):
    return wrap(X509Name, taken, free)


cdef object borrow_name(NameOwner owner, bint subject):
    cdef X509Name made = new(X509Name)
    made.subject = subject
    made.handle = owner.lent(subject)
    made.owner = owner
    return made


cdef list take_names(c.X509_NAME_LIST* copies):
    cdef list names = []
    try:
        while c.sk_X509_NAME_num(copies) > 0:
            names.append(wrap_name(sk_X509_NAME_shift(copies)))
    finally:
        c.brisk_free_names(copies)
    return names


cdef list wrap_names(const c.X509_NAME_LIST* borrowed):
    # Making an object may run a finaliser, which may have another list put in this one's place:
    # all names are copied before the first object is made.
    cdef c.X509_NAME_LIST* copies
    errors.clear()
    copies = c.brisk_copy_names(borrowed)
    if copies == NULL and borrowed != NULL:
        errors.fail_crypto("the names cannot be copied")
    return take_names(copies)


# ---- attributes

def find_nid(str attribute not None) -> int:
    """OpenSSL's number for an attribute's short or long name or dotted numbers; 0: unknown."""
    cdef bytes spelled
    try:
        spelled = attribute.encode("ascii")
    except UnicodeEncodeError:
        return 0
    if b"\0" in spelled:
        return 0
    errors.clear()
    nid = c.OBJ_txt2nid(spelled)
    errors.clear()
    return nid


def get_attribute(X509Name name not None, int nid) -> str | None:
    """The first value of an attribute as text, or None."""
    cdef int index
    guard = name.guard()
    with cython.critical_section(guard):
        index = X509_NAME_get_index_by_NID(name.held(), nid, -1)
        if index < 0:
            return None
        return asn1.string_text(
            c.X509_NAME_ENTRY_get_data(c.X509_NAME_get_entry(name.held(), index)))


def set_attribute(X509Name name not None, int nid, bytes value not None) -> None:
    """Put ``value``, in UTF-8, in the place of the attribute's first value."""
    cdef int old
    if PyBytes_GET_SIZE(value) > INT_MAX:
        raise ValueError("the value is longer than 2 GiB")
    guard = name.guard()
    errors.clear()
    with cython.critical_section(guard):
        if name.owner is not None:
            name.owner.name_changes()
        old = X509_NAME_get_index_by_NID(name.held(), nid, -1)
        # The new value first: one that OpenSSL refuses must not cost the old.
        if X509_NAME_add_entry_by_NID(
            name.held(), nid, MBSTRING_UTF8, <unsigned char*>PyBytes_AS_STRING(value),
            <int>PyBytes_GET_SIZE(value), -1, 0,
        ) != 1:
            errors.fail_crypto("the value does not suit the attribute")
        if old >= 0:
            X509_NAME_ENTRY_free(X509_NAME_delete_entry(name.held(), old))
        if name.owner is not None:
            name.owner.name_changed()


def get_components(X509Name name not None) -> list[tuple[bytes, bytes]]:
    """``(short name, content as it stands)`` for each attribute, in order."""
    cdef list found = []
    cdef c.X509_NAME_ENTRY* entry
    cdef int index, nid
    guard = name.guard()
    with cython.critical_section(guard):
        for index in range(c.X509_NAME_entry_count(name.held())):
            # Making a pair may run a finaliser, which may have put another name here.
            entry = c.X509_NAME_get_entry(name.held(), index)
            if entry == NULL:
                break
            nid = c.OBJ_obj2nid(c.X509_NAME_ENTRY_get_object(entry))
            found.append((
                <bytes>c.OBJ_nid2sn(nid),
                asn1.string_bytes(c.X509_NAME_ENTRY_get_data(entry)),
            ))
    return found


# ---- the name as a whole

def compare(X509Name a not None, X509Name b not None) -> int:
    """Less than, equal to or greater than zero, after the canonical forms."""
    cdef int order
    first = a.guard()
    second = b.guard()
    errors.clear()
    with cython.critical_section(first, second):
        order = c.X509_NAME_cmp(a.held(), b.held())
    if order == -2:
        errors.fail_crypto("the names cannot be compared")
    return order


def oneline(X509Name name not None) -> bytes:
    """OpenSSL's one-line form, however long."""
    cdef char* text
    guard = name.guard()
    errors.clear()
    with cython.critical_section(guard):
        text = c.X509_NAME_oneline(name.held(), NULL, 0)
    if text == NULL:
        errors.fail_crypto("the name cannot be written on a line")
    try:
        return <bytes>text
    finally:
        c.OPENSSL_free(text)


cdef unsigned long hash_of(const c.X509_NAME* name) except? 0:
    cdef int done = 0
    cdef unsigned long found
    errors.clear()
    found = X509_NAME_hash_ex(name, NULL, NULL, &done)
    if done != 1:
        errors.fail_crypto("the name cannot be hashed")
    return found


def get_hash(X509Name name not None) -> int:
    guard = name.guard()
    with cython.critical_section(guard):
        return hash_of(name.held())


def encode(X509Name name not None) -> bytes:
    """The DER encoding."""
    cdef unsigned char* out = NULL
    cdef int size
    guard = name.guard()
    errors.clear()
    with cython.critical_section(guard):
        size = c.i2d_X509_NAME(name.held(), &out)
    if size < 0:
        errors.fail_crypto("the name cannot be encoded")
    try:
        return PyBytes_FromStringAndSize(<char*>out, size)
    finally:
        c.OPENSSL_free(out)


def load(bytes data not None) -> Any:
    """A name that stands alone, from DER."""
    cdef const unsigned char* start = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef const unsigned char* end = start
    cdef c.X509_NAME* taken
    errors.clear()
    taken = d2i_X509_NAME(NULL, &end, PyBytes_GET_SIZE(data))
    if taken == NULL:
        errors.fail_crypto("not a name in DER")
    made = wrap_name(taken)
    if end - start != PyBytes_GET_SIZE(data):
        errors.fail_crypto("bytes follow the name")
    return made
