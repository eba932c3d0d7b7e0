"""``CRL`` owns an X509_CRL, ``Revoked`` an X509_REVOKED that stands alone."""

cimport cython

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.asn1 as asn1
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.extensions as extensions
cimport OpenSSL._native.crypto.keys as keys
cimport OpenSSL._native.crypto.names as names
cimport OpenSSL._native.crypto.printing as printing
cimport OpenSSL._native.crypto.stores as stores
from OpenSSL._native.common.hooks cimport Asking, begin_asking
from OpenSSL._native.common.owners cimport Owner, new, wrap
from OpenSSL._native.common.rules cimport store_changed

cdef extern from "compat.h" nogil:
    int NID_crl_reason
    c.ASN1_ENUMERATED* ASN1_ENUMERATED_new()
    void ASN1_ENUMERATED_free(c.ASN1_ENUMERATED* number)
    int ASN1_ENUMERATED_set(c.ASN1_ENUMERATED* number, long value)
    c.X509_CRL* X509_CRL_new()
    void X509_CRL_free(c.X509_CRL* crl)
    int X509_CRL_set_version(c.X509_CRL* crl, long version)
    int X509_CRL_set_issuer_name(c.X509_CRL* crl, const c.X509_NAME* name)
    c.X509_NAME* X509_CRL_get_issuer(const c.X509_CRL* crl)
    int X509_CRL_set1_lastUpdate(c.X509_CRL* crl, const c.ASN1_TIME* time)
    int X509_CRL_set1_nextUpdate(c.X509_CRL* crl, const c.ASN1_TIME* time)
    int X509_CRL_add0_revoked(c.X509_CRL* crl, c.X509_REVOKED* revoked)
    c.X509_REVOKED_LIST* X509_CRL_get_REVOKED(c.X509_CRL* crl)
    int X509_CRL_sort(c.X509_CRL* crl)
    int X509_CRL_sign(c.X509_CRL* crl, c.EVP_PKEY* key, const c.EVP_MD* digest)
    int i2d_re_X509_CRL_tbs(c.X509_CRL* crl, unsigned char** out)
    c.X509_CRL* d2i_X509_CRL_bio(c.BIO* bio, c.X509_CRL** into)
    int i2d_X509_CRL_bio(c.BIO* bio, c.X509_CRL* crl)
    c.X509_CRL* PEM_read_bio_X509_CRL(c.BIO* bio, c.X509_CRL** into, c.pem_password_cb* hook,
        void* data)
    int PEM_write_bio_X509_CRL(c.BIO* bio, c.X509_CRL* crl)
    c.X509_REVOKED* X509_REVOKED_new()
    c.X509_REVOKED* X509_REVOKED_dup(const c.X509_REVOKED* revoked)
    void X509_REVOKED_free(c.X509_REVOKED* revoked)
    const c.ASN1_INTEGER* X509_REVOKED_get0_serialNumber(const c.X509_REVOKED* revoked)
    int X509_REVOKED_set_serialNumber(c.X509_REVOKED* revoked, c.ASN1_INTEGER* serial)
    const c.ASN1_TIME* X509_REVOKED_get0_revocationDate(const c.X509_REVOKED* revoked)
    int X509_REVOKED_set_revocationDate(c.X509_REVOKED* revoked, c.ASN1_TIME* time)
    int X509_REVOKED_get_ext_by_NID(const c.X509_REVOKED* revoked, int nid, int after)
    c.X509_EXTENSION* X509_REVOKED_get_ext(const c.X509_REVOKED* revoked, int index)
    c.X509_EXTENSION* X509_REVOKED_delete_ext(c.X509_REVOKED* revoked, int index)
    int X509_REVOKED_add1_ext_i2d(c.X509_REVOKED* revoked, int nid, void* value, int critical,
        unsigned long flags)
    int sk_X509_REVOKED_num(const c.X509_REVOKED_LIST* revoked)
    c.X509_REVOKED* sk_X509_REVOKED_value(const c.X509_REVOKED_LIST* revoked, int index)
    int X509_STORE_add_crl(c.X509_STORE* store, c.X509_CRL* crl)

cdef void free_revoked(void* handle) noexcept nogil:
    X509_REVOKED_free(<c.X509_REVOKED*>handle)


cdef class Revoked(Owner):
    """The owner of an entry of a revocation list."""

    def __init__(self):
        if self.begins():
            self.begin(X509_REVOKED_new(), "a revocation")

    def __dealloc__(self):
        free_revoked(self.handle)

    cdef c.X509_REVOKED* held(self) except NULL:
        return <c.X509_REVOKED*>self.some("Revoked")


cdef void free(void* handle) noexcept nogil:
    X509_CRL_free(<c.X509_CRL*>handle)


cdef class CRL(Owner):
    """The owner of a revocation list."""

    def __init__(self):
        if self.begins():
            self.begin(X509_CRL_new(), "a revocation list")

    def __dealloc__(self):
        free(self.handle)

    cdef c.X509_CRL* held(self) except NULL:
        return <c.X509_CRL*>self.some("CRL")


cdef void stale(c.X509_CRL* handle) noexcept:
    i2d_re_X509_CRL_tbs(handle, NULL)
    errors.clear()


cdef object wrap_crl(c.X509_CRL* taken):
    return wrap(CRL, taken, free)


cdef object copy_revoked(const c.X509_REVOKED* borrowed):
    cdef Revoked made = new(Revoked)
    errors.clear()
    made.handle = X509_REVOKED_dup(borrowed)
    if made.handle == NULL:
        errors.fail_crypto("the revocation cannot be copied")
    return made


# ---- one revocation

@cython.critical_section
def get_serial(Revoked revoked not None) -> int:
    return asn1.integer_value(X509_REVOKED_get0_serialNumber(revoked.held()))


@cython.critical_section
def set_serial(Revoked revoked not None, serial not None: int) -> None:
    cdef c.X509_REVOKED* handle = revoked.held()
    cdef c.ASN1_INTEGER* number = asn1.new_integer(serial)
    cdef int good
    errors.clear()
    good = X509_REVOKED_set_serialNumber(handle, number)
    c.ASN1_INTEGER_free(number)
    if good != 1:
        errors.fail_crypto("the serial number cannot be set")


@cython.critical_section
def get_date(Revoked revoked not None) -> bytes | None:
    return asn1.time_text(X509_REVOKED_get0_revocationDate(revoked.held()))


@cython.critical_section
def set_date(Revoked revoked not None, bytes when not None) -> None:
    cdef c.X509_REVOKED* handle = revoked.held()
    cdef c.ASN1_TIME* time = asn1.new_time(when)
    cdef int good
    errors.clear()
    good = X509_REVOKED_set_revocationDate(handle, time)
    c.ASN1_TIME_free(time)
    if good != 1:
        errors.fail_crypto("the time cannot be set")


@cython.critical_section
def get_reason(Revoked revoked not None) -> bytes | None:
    """OpenSSL's words for the reason, or None."""
    cdef memory.Memory out = memory.writing()
    cdef int index = X509_REVOKED_get_ext_by_NID(revoked.held(), NID_crl_reason, -1)
    if index < 0:
        return None
    errors.clear()
    if c.X509V3_EXT_print(out.bio, X509_REVOKED_get_ext(revoked.held(), index), 0, 0) != 1:
        errors.fail_crypto("malformed reason")
    return out.written()


cdef void drop_reason(c.X509_REVOKED* handle) noexcept:
    cdef int index
    while True:
        index = X509_REVOKED_get_ext_by_NID(handle, NID_crl_reason, -1)
        if index < 0:
            return
        extensions.release_extension(X509_REVOKED_delete_ext(handle, index))


@cython.critical_section
def set_reason(Revoked revoked not None, int reason) -> None:
    """Set the reason by its number; a negative one takes it away."""
    cdef c.X509_REVOKED* handle = revoked.held()
    cdef c.ASN1_ENUMERATED* number
    cdef int good
    if reason < 0:
        drop_reason(handle)
        return
    errors.clear()
    number = ASN1_ENUMERATED_new()
    if number == NULL:
        errors.fail_crypto("no memory for a reason")
    good = ASN1_ENUMERATED_set(number, reason)
    if good == 1:
        drop_reason(handle)
        good = X509_REVOKED_add1_ext_i2d(handle, NID_crl_reason, number, 0, 0)
    ASN1_ENUMERATED_free(number)
    if good != 1:
        errors.fail_crypto("the reason cannot be set")


# ---- the list

@cython.critical_section
def get_revoked(CRL crl not None) -> list[Any]:
    """Copies of all entries."""
    cdef c.X509_REVOKED_LIST* entries = X509_CRL_get_REVOKED(crl.held())
    cdef int index
    cdef list found = []
    for index in range(sk_X509_REVOKED_num(entries)):
        found.append(copy_revoked(sk_X509_REVOKED_value(entries, index)))
    return found


def add_revoked(CRL crl not None, Revoked revoked not None) -> None:
    """Add a copy of an entry."""
    cdef Revoked copied
    cdef int good
    with cython.critical_section(revoked):
        copied = copy_revoked(revoked.held())
    with cython.critical_section(crl):
        errors.clear()
        good = X509_CRL_add0_revoked(crl.held(), copied.held())
        if good == 1:
            copied.handle = NULL  # now the list's
            stale(crl.held())
    if good != 1:
        errors.fail_crypto("the revocation cannot be added")


@cython.critical_section
def get_issuer(CRL crl not None) -> Any:
    """A copy of the issuer's name."""
    cdef c.X509_NAME* copied
    errors.clear()
    copied = c.X509_NAME_dup(X509_CRL_get_issuer(crl.held()))
    if copied == NULL:
        errors.fail_crypto("the name cannot be copied")
    return names.wrap_name(copied)


@cython.critical_section
def set_version(CRL crl not None, long version) -> None:
    cdef c.X509_CRL* handle = crl.held()
    errors.clear()
    if X509_CRL_set_version(handle, version) != 1:
        errors.fail_crypto("no such version of revocation lists")
    stale(handle)


@cython.critical_section
def set_update(CRL crl not None, bint next, when not None: bytes | int) -> None:
    """Set a time from its text (bytes), or from seconds counted from now (int)."""
    cdef c.X509_CRL* handle = crl.held()
    cdef c.ASN1_TIME* time
    cdef int good
    if isinstance(when, int):
        time = asn1.new_time_from_now(when)
    else:
        time = asn1.new_time(when)
    errors.clear()
    if next:
        good = X509_CRL_set1_nextUpdate(handle, time)
    else:
        good = X509_CRL_set1_lastUpdate(handle, time)
    c.ASN1_TIME_free(time)
    if good != 1:
        errors.fail_crypto("the time cannot be set")
    stale(handle)


def sign(
    CRL crl not None,
    certificates.X509 issuer not None,
    keys.PKey key not None,
    digest: str | bytes | None,
) -> None:
    """Make the certificate's subject the issuer, sort, and sign."""
    cdef const c.EVP_MD* kind = NULL
    cdef c.EVP_PKEY* shared
    cdef c.X509_NAME* copied
    if digest is not None:
        kind = algorithms.find_digest(digest)
    copied = certificates.copy_subject(issuer)
    try:
        shared = key.share()
        try:
            sign_as(crl, copied, shared, kind)
        finally:
            keys.release_key(shared)
    finally:
        names.release_name(copied)


@cython.critical_section
cdef int sign_as(
    CRL crl, const c.X509_NAME* issuer, c.EVP_PKEY* key, const c.EVP_MD* kind
) except -1:
    cdef c.X509_CRL* handle = crl.held()
    cdef Asking asking
    cdef int size
    errors.clear()
    if X509_CRL_set_issuer_name(handle, issuer) != 1 or X509_CRL_sort(handle) != 1:
        errors.fail_crypto("the issuer cannot be set")
    stale(handle)
    asking = begin_asking()
    size = X509_CRL_sign(handle, key, kind)
    asking.end()
    if size <= 0:
        errors.fail_crypto("the revocation list cannot be signed with this key")
    return 0


# ---- files and stores

cdef c.X509_CRL* read_list(memory.Memory source) noexcept:
    # Without a hook OpenSSL would ask at the terminal (PEM_def_callback, 3.0 to 4.0).
    return PEM_read_bio_X509_CRL(source.bio, NULL, passphrases.on_passphrase, NULL)


cdef void free_list(c.X509_CRL* taken) noexcept nogil:
    X509_CRL_free(taken)


cdef c.X509_CRL* decoded(bytes data, bint pem) except NULL:
    cdef memory.Memory source = memory.reading(data)
    cdef c.X509_CRL* loaded
    errors.clear()
    if pem:
        loaded = read_list(source)
    else:
        loaded = d2i_X509_CRL_bio(source.bio, NULL)
    if loaded == NULL:
        errors.fail_crypto("not a revocation list")
    return loaded


def load(bytes data not None, bint pem) -> Any:
    return wrap_crl(decoded(data, pem))


@cython.critical_section
def dump(CRL crl not None, bint pem) -> bytes:
    cdef memory.Memory out = memory.writing()
    cdef int good
    errors.clear()
    if pem:
        good = PEM_write_bio_X509_CRL(out.bio, crl.held())
    else:
        good = i2d_X509_CRL_bio(out.bio, crl.held())
    if good != 1:
        errors.fail_crypto("the revocation list is not complete")
    return out.written()


@cython.critical_section
def dump_text(CRL crl not None) -> bytes:
    cdef memory.Memory out = memory.writing()
    return printing.print_list(out, crl.held())


def add_to_store(stores.X509Store store not None, bytes data not None) -> None:
    """Let a store know a revocation list in DER."""
    # Decoding prepares what verification looks things up in; a list that was
    # made here and never decoded lacks it.
    cdef c.X509_STORE* handle = store.held()
    cdef c.X509_CRL* loaded
    cdef int good
    store_changed(handle)   # takes the memory for it, before there is something to note
    loaded = decoded(data, False)
    errors.clear()
    good = X509_STORE_add_crl(handle, loaded)
    X509_CRL_free(loaded)
    if good != 1:
        errors.fail_crypto("the revocation list cannot be added")
    store_changed(handle)
