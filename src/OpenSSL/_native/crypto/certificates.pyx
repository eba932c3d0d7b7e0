"""``X509`` owns an X509: certificates, their names, chains and files.

Theory.  libssl looks at the certificates it was given without a lock, in handshakes
(ssl3_output_cert_chain, 3.0 to 4.0), and gives out its own.  So what others may be looking at is
never changed: who changes such a certificate gets a copy to do it to (``own``).
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.weakref cimport PyWeakref_NewRef

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.keys as keys
cimport OpenSSL._native.crypto.names as names
cimport OpenSSL._native.crypto.printing as printing
from OpenSSL._native.common.owners cimport wrap

cdef extern from "compat.h" nogil:
    int EVP_Digest(const void* data, size_t size, unsigned char* digest, unsigned int* length,
        const c.EVP_MD* kind, void* engine)
    c.X509* PEM_read_bio_X509(c.BIO* bio, c.X509** into, c.pem_password_cb* hook, void* data)
    int PEM_write_bio_X509(c.BIO* bio, c.X509* certificate)
    c.X509* X509_new()
    void X509_free(c.X509* certificate)
    c.X509* X509_dup(c.X509* certificate)
    c.X509* d2i_X509_bio(c.BIO* bio, c.X509** into)
    int i2d_re_X509_tbs(c.X509* certificate, unsigned char** out)
    int i2d_X509(const c.X509* certificate, unsigned char** out)
    int X509_set_subject_name(c.X509* certificate, const c.X509_NAME* name)
    int X509_set_issuer_name(c.X509* certificate, const c.X509_NAME* name)
    c.EVP_PKEY* X509_get_pubkey(c.X509* certificate)
    c.X509_CHAIN* X509_chain_up_ref(const c.X509_CHAIN* chain)
    int sk_X509_push(c.X509_CHAIN* chain, c.X509* certificate)
    void sk_X509_free(c.X509_CHAIN* chain)

cdef void free(void* handle) noexcept nogil:
    X509_free(<c.X509*>handle)


cdef class X509(names.NameOwner):
    """The owner of a certificate."""

    def __init__(self):
        if self.begins():
            self.begin(X509_new(), "a certificate")

    def __dealloc__(self):
        free(self.handle)

    cdef c.X509* held(self) except NULL:
        return <c.X509*>self.some("X509")

    @cython.critical_section
    cdef c.X509* share(self) except NULL:
        cdef c.X509* handle = self.held()
        if c.X509_up_ref(handle) != 1:
            errors.fail_crypto("the certificate cannot be shared")
        self.shared = True
        return handle

    cdef c.X509* own(self) except NULL:
        cdef c.X509* copy
        if not self.shared:
            return self.held()
        errors.clear()
        copy = X509_dup(self.held())
        if copy == NULL:
            errors.fail_crypto("the certificate is in use elsewhere, and no copy can be made")
        free(self.handle)
        self.handle = copy
        self.shared = False
        return copy

    cdef int name_changes(self) except -1:
        self.own()
        return 0

    cdef int name_changed(self) except -1:
        stale(self.held())
        return 0

    cdef c.X509_NAME* lent(self, bint subject) except NULL:
        if subject:
            return c.X509_get_subject_name(self.held())
        return c.X509_get_issuer_name(self.held())


cdef void stale(c.X509* handle) noexcept:
    """Drop the encoding a loaded certificate keeps; every change has to."""
    i2d_re_X509_tbs(handle, NULL)
    errors.clear()  # the rest of a certificate in the making may still be missing


cdef object wrap_certificate(c.X509* taken):
    cdef X509 made = wrap(X509, taken, free)
    made.shared = True  # or so it may be
    return made


cdef void release_certificate(c.X509* certificate) noexcept nogil:
    X509_free(certificate)


# ---- chains

cdef list wrap_chain(const c.X509_CHAIN* borrowed):
    cdef list chain = []
    cdef c.X509_CHAIN* kept
    cdef c.X509* one
    cdef int index
    if borrowed == NULL:
        return chain
    errors.clear()
    # Making an object may run a finaliser, which may have the lender give up its chain.
    kept = X509_chain_up_ref(borrowed)
    if kept == NULL:
        errors.fail_crypto("no memory for a chain")
    try:
        for index in range(c.sk_X509_num(kept)):
            one = c.sk_X509_value(kept, index)
            if c.X509_up_ref(one) != 1:
                errors.fail_crypto("the certificate cannot be shared")
            chain.append(wrap_certificate(one))
        return chain
    finally:
        release_chain(kept)


cdef void release_chain(c.X509_CHAIN* chain) noexcept nogil:
    cdef int index
    for index in range(c.sk_X509_num(chain)):
        X509_free(c.sk_X509_value(chain, index))
    sk_X509_free(chain)


cdef int push(c.X509_CHAIN* chain, X509 certificate) except -1:
    cdef c.X509* one = certificate.share()
    if sk_X509_push(chain, one) <= 0:
        X509_free(one)
        errors.fail_crypto("no memory for a chain")
    return 0


cdef c.X509_CHAIN* new_chain(object certificates) except? NULL:
    cdef c.X509_CHAIN* chain
    cdef list kept = list(certificates)
    if not kept:
        return NULL
    errors.clear()
    chain = c.sk_X509_new_null()
    if chain == NULL:
        errors.fail_crypto("no memory for a chain")
    try:
        for one in kept:
            push(chain, <X509?>one)
    except BaseException:
        release_chain(chain)
        raise
    return chain


# ---- names

cdef object lend(X509 certificate, bint subject):
    """The name as an object that writes through; the same one while it is in use."""
    cdef object known = certificate.subject if subject else certificate.issuer
    cdef object name = None if known is None else known()
    if name is not None:
        return name
    name = names.borrow_name(certificate, subject)
    if subject:
        certificate.subject = PyWeakref_NewRef(name, None)
    else:
        certificate.issuer = PyWeakref_NewRef(name, None)
    return name


@cython.critical_section
def get_subject(X509 certificate not None) -> Any:
    return lend(certificate, True)


@cython.critical_section
def get_issuer(X509 certificate not None) -> Any:
    return lend(certificate, False)


@cython.critical_section
cdef int set_name(X509 certificate, c.X509_NAME* value, bint subject) except -1:
    cdef c.X509* handle = certificate.own()
    errors.clear()
    if subject:
        if X509_set_subject_name(handle, value) != 1:
            errors.fail_crypto("the name cannot be set")
    elif X509_set_issuer_name(handle, value) != 1:
        errors.fail_crypto("the name cannot be set")
    stale(handle)
    return 0


def set_subject(X509 certificate not None, names.X509Name name not None) -> None:
    put_name(certificate, name, True)


def set_issuer(X509 certificate not None, names.X509Name name not None) -> None:
    put_name(certificate, name, False)


@cython.critical_section
cdef c.X509_NAME* copy_subject(X509 certificate) except NULL:
    cdef c.X509_NAME* copied
    errors.clear()
    copied = c.X509_NAME_dup(c.X509_get_subject_name(certificate.held()))
    if copied == NULL:
        errors.fail_crypto("the name cannot be copied")
    return copied


cdef int put_name(X509 certificate, names.X509Name name, bint subject) except -1:
    cdef c.X509_NAME* copied
    certificate.held()
    copied = name.copy()
    try:
        set_name(certificate, copied, subject)
    finally:
        names.release_name(copied)
    return 0


# ---- its key

@cython.critical_section
cdef object public_key(X509 certificate):
    cdef c.EVP_PKEY* key
    errors.clear()
    key = X509_get_pubkey(certificate.held())
    if key == NULL:
        errors.fail_crypto("the certificate has no public key")
    return keys.wrap_public_key(key)


# ---- files

cdef bytes encoded(X509 certificate):
    cdef unsigned char* out = NULL
    cdef int size
    errors.clear()
    size = i2d_X509(certificate.held(), &out)
    if size < 0:
        errors.fail_crypto("the certificate is not complete")
    try:
        return PyBytes_FromStringAndSize(<char*>out, size)
    finally:
        c.OPENSSL_free(out)


@cython.critical_section
def digest(X509 certificate not None, name not None: str | bytes) -> bytes:
    """The digest of the DER encoding."""
    # X509_digest may answer with a digest kept from before a change (3.0 to 4.0).
    cdef const c.EVP_MD* kind = algorithms.find_digest(name)
    cdef unsigned char out[64]
    cdef unsigned int size = 0
    cdef bytes data = encoded(certificate)
    errors.clear()
    if EVP_Digest(<char*>data, len(data), out, &size, kind, NULL) != 1:
        errors.fail_crypto("the digest cannot be computed")
    return out[:size]


cdef c.X509* read_pem(memory.Memory source) noexcept:
    """The next certificate of a PEM file, or NULL; one that is encrypted is refused."""
    # Without a hook OpenSSL would ask at the terminal (PEM_def_callback, 3.0 to 4.0).
    return PEM_read_bio_X509(source.bio, NULL, passphrases.on_passphrase, NULL)


def load(bytes data not None, bint pem) -> Any:
    cdef memory.Memory source = memory.reading(data)
    cdef c.X509* loaded
    errors.clear()
    if pem:
        loaded = read_pem(source)
    else:
        loaded = d2i_X509_bio(source.bio, NULL)
    if loaded == NULL:
        errors.fail_crypto("not a certificate")
    return wrap_certificate(loaded)


def load_all(bytes data not None) -> list[Any]:
    """Every certificate of a PEM bundle, in order; anything malformed is refused."""
    cdef memory.Memory source = memory.reading(data)
    cdef c.X509* loaded
    cdef list found = []
    while True:
        errors.clear()
        loaded = read_pem(source)
        if loaded == NULL:
            if found and errors.take_no_start_line():
                return found
            errors.fail_crypto("not a certificate")
        found.append(wrap_certificate(loaded))


@cython.critical_section
def dump_pem(X509 certificate not None) -> bytes:
    cdef memory.Memory out = memory.writing()
    errors.clear()
    if PEM_write_bio_X509(out.bio, certificate.held()) != 1:
        errors.fail_crypto("the certificate is not complete")
    return out.written()


@cython.critical_section
def dump_der(X509 certificate not None) -> bytes:
    return encoded(certificate)


@cython.critical_section
def dump_text(X509 certificate not None) -> bytes:
    cdef memory.Memory out = memory.writing()
    return printing.print_certificate(out, certificate.held())
