"""``X509Req`` owns an X509_REQ: requests for certificates, and their files."""

cimport cython

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.extensions as extensions
cimport OpenSSL._native.crypto.keys as keys
cimport OpenSSL._native.crypto.names as names
cimport OpenSSL._native.crypto.printing as printing
from OpenSSL._native.common.hooks cimport Asking, begin_asking
from OpenSSL._native.common.owners cimport wrap

cdef extern from "compat.h" nogil:
    int NID_ext_req
    int NID_ms_ext_req
    c.X509_EXTENSION_LIST* sk_X509_EXTENSION_new_null()
    int sk_X509_EXTENSION_num(const c.X509_EXTENSION_LIST* extensions)
    c.X509_EXTENSION* sk_X509_EXTENSION_value(const c.X509_EXTENSION_LIST* extensions, int index)
    int sk_X509_EXTENSION_push(c.X509_EXTENSION_LIST* extensions, c.X509_EXTENSION* extension)
    void sk_X509_EXTENSION_free(c.X509_EXTENSION_LIST* extensions)
    c.X509_REQ* X509_REQ_new()
    void X509_REQ_free(c.X509_REQ* request)
    long X509_REQ_get_version(const c.X509_REQ* request)
    int X509_REQ_set_version(c.X509_REQ* request, long version)
    c.X509_NAME* X509_REQ_get_subject_name(const c.X509_REQ* request)
    c.EVP_PKEY* X509_REQ_get_pubkey(c.X509_REQ* request)
    int X509_REQ_set_pubkey(c.X509_REQ* request, c.EVP_PKEY* key)
    int X509_REQ_add_extensions(c.X509_REQ* request, c.X509_EXTENSION_LIST* extensions)
    c.X509_EXTENSION_LIST* X509_REQ_get_extensions(c.X509_REQ* request)
    int X509_REQ_get_attr_by_NID(const c.X509_REQ* request, int nid, int after)
    c.X509_ATTRIBUTE* X509_REQ_delete_attr(c.X509_REQ* request, int index)
    void X509_ATTRIBUTE_free(c.X509_ATTRIBUTE* attribute)
    int X509_REQ_sign(c.X509_REQ* request, c.EVP_PKEY* key, const c.EVP_MD* digest)
    int X509_REQ_verify(c.X509_REQ* request, c.EVP_PKEY* key)
    int i2d_re_X509_REQ_tbs(c.X509_REQ* request, unsigned char** out)
    c.X509_REQ* d2i_X509_REQ_bio(c.BIO* bio, c.X509_REQ** into)
    int i2d_X509_REQ_bio(c.BIO* bio, c.X509_REQ* request)
    c.X509_REQ* PEM_read_bio_X509_REQ(c.BIO* bio, c.X509_REQ** into, c.pem_password_cb* hook,
        void* data)
    int PEM_write_bio_X509_REQ(c.BIO* bio, c.X509_REQ* request)

cdef void free(void* handle) noexcept nogil:
    X509_REQ_free(<c.X509_REQ*>handle)


cdef class X509Req(names.NameOwner):
    """The owner of a request."""

    def __init__(self):
        if self.begins():
            self.begin(X509_REQ_new(), "a request")
            if X509_REQ_set_version(self.held(), 0) != 1:
                errors.fail_crypto("no memory for a request")

    def __dealloc__(self):
        free(self.handle)

    cdef c.X509_REQ* held(self) except NULL:
        return <c.X509_REQ*>self.some("X509Req")

    cdef int name_changed(self) except -1:
        stale(self.held())
        return 0

    cdef c.X509_NAME* lent(self, bint subject) except NULL:
        return X509_REQ_get_subject_name(self.held())


cdef void stale(c.X509_REQ* handle) noexcept:
    i2d_re_X509_REQ_tbs(handle, NULL)
    errors.clear()


cdef object wrap_request(c.X509_REQ* taken):
    return wrap(X509Req, taken, free)


# ---- fields

@cython.critical_section
def get_version(X509Req request not None) -> int:
    return X509_REQ_get_version(request.held())


@cython.critical_section
def set_version(X509Req request not None, long version) -> None:
    cdef c.X509_REQ* handle = request.held()
    errors.clear()
    if X509_REQ_set_version(handle, version) != 1:
        errors.fail_crypto("no such version of requests")
    stale(handle)


@cython.critical_section
def get_subject(X509Req request not None) -> Any:
    return names.borrow_name(request, True)


@cython.critical_section
def get_pubkey(X509Req request not None) -> Any:
    cdef c.EVP_PKEY* key
    errors.clear()
    key = X509_REQ_get_pubkey(request.held())
    if key == NULL:
        errors.fail_crypto("the request has no public key")
    return keys.wrap_public_key(key)


@cython.critical_section
def set_pubkey(X509Req request not None, keys.PKey key not None) -> None:
    cdef c.X509_REQ* handle = request.held()
    cdef c.EVP_PKEY* shared = key.share_public()
    cdef int good
    errors.clear()
    good = X509_REQ_set_pubkey(handle, shared)
    keys.release_key(shared)
    if good != 1:
        errors.fail_crypto("the key cannot be put into a request")
    stale(handle)


# ---- extensions

cdef void release_extensions(c.X509_EXTENSION_LIST* stack) noexcept:
    cdef int index
    for index in range(sk_X509_EXTENSION_num(stack)):
        extensions.release_extension(sk_X509_EXTENSION_value(stack, index))
    sk_X509_EXTENSION_free(stack)


cdef bint asks_for_extensions(c.X509_REQ* handle) noexcept:
    return (
        X509_REQ_get_attr_by_NID(handle, NID_ext_req, -1) >= 0
        or X509_REQ_get_attr_by_NID(handle, NID_ms_ext_req, -1) >= 0
    )


cdef list read_extensions(c.X509_REQ* handle):
    cdef c.X509_EXTENSION_LIST* stack
    cdef int index
    cdef list found = []
    errors.clear()
    stack = X509_REQ_get_extensions(handle)
    # It says nothing of what is not a list at all.
    if stack == NULL and (errors.pending() or asks_for_extensions(handle)):
        errors.fail_crypto("malformed extensions")
    try:
        for index in range(sk_X509_EXTENSION_num(stack)):
            found.append(extensions.copy_extension(sk_X509_EXTENSION_value(stack, index)))
        return found
    finally:
        release_extensions(stack)


cdef int drop_extensions(c.X509_REQ* handle, int nid) except -1:
    cdef int index
    while True:
        index = X509_REQ_get_attr_by_NID(handle, nid, -1)
        if index < 0:
            return 0
        X509_ATTRIBUTE_free(X509_REQ_delete_attr(handle, index))


@cython.critical_section
def get_extensions(X509Req request not None) -> list[Any]:
    return read_extensions(request.held())


@cython.critical_section
def add_extensions(X509Req request not None, list more not None: Sequence[X509Extension]) -> None:
    """Add to those already there.

    Of two lists OpenSSL would read only the first (X509_REQ_get_extensions, 3.0 to 4.0).
    """
    cdef c.X509_REQ* handle = request.held()
    cdef list wanted = read_extensions(handle) + more
    cdef c.X509_EXTENSION_LIST* stack
    cdef extensions.X509Extension one
    errors.clear()
    stack = sk_X509_EXTENSION_new_null()
    if stack == NULL:
        errors.fail_crypto("no memory for extensions")
    try:
        for one in wanted:
            if sk_X509_EXTENSION_push(stack, one.held()) <= 0:
                errors.fail_crypto("no memory for extensions")
        drop_extensions(handle, NID_ext_req)
        drop_extensions(handle, NID_ms_ext_req)
        if X509_REQ_add_extensions(handle, stack) != 1:
            errors.fail_crypto("the extensions cannot be added")
    finally:
        sk_X509_EXTENSION_free(stack)  # its elements belong to `wanted`
    stale(handle)


# ---- signing

@cython.critical_section
def sign(X509Req request not None, keys.PKey key not None, digest: str | bytes | None) -> None:
    """Sign with ``key``; ``digest`` is None for keys that bring their own."""
    cdef c.X509_REQ* handle = request.held()
    cdef const c.EVP_MD* kind = NULL
    cdef c.EVP_PKEY* shared
    cdef Asking asking
    cdef int size
    if digest is not None:
        kind = algorithms.find_digest(digest)
    shared = key.share()
    errors.clear()
    asking = begin_asking()
    size = X509_REQ_sign(handle, shared, kind)
    keys.release_key(shared)
    asking.end()
    if size <= 0:
        errors.fail_crypto("the request cannot be signed with this key")


@cython.critical_section
def verify(X509Req request not None, keys.PKey key not None) -> bool:
    cdef c.X509_REQ* handle = request.held()
    cdef c.EVP_PKEY* shared = key.share_public()
    cdef int good
    errors.clear()
    good = X509_REQ_verify(handle, shared)
    keys.release_key(shared)
    if good <= 0:
        errors.fail_crypto("the signature does not match")
    return True


# ---- files

def load(bytes data not None, bint pem) -> Any:
    cdef memory.Memory source = memory.reading(data)
    cdef c.X509_REQ* loaded
    errors.clear()
    if pem:
        loaded = PEM_read_bio_X509_REQ(source.bio, NULL, passphrases.on_passphrase, NULL)
    else:
        loaded = d2i_X509_REQ_bio(source.bio, NULL)
    if loaded == NULL:
        errors.fail_crypto("not a certificate request")
    return wrap_request(loaded)


@cython.critical_section
def dump(X509Req request not None, bint pem) -> bytes:
    cdef memory.Memory out = memory.writing()
    cdef int good
    errors.clear()
    if pem:
        good = PEM_write_bio_X509_REQ(out.bio, request.held())
    else:
        good = i2d_X509_REQ_bio(out.bio, request.held())
    if good != 1:
        errors.fail_crypto("the request is not complete")
    return out.written()


@cython.critical_section
def dump_text(X509Req request not None) -> bytes:
    cdef memory.Memory out = memory.writing()
    return printing.print_request(out, request.held())
