"""Keys and certificates by URI: whatever the loaders of OpenSSL and of its providers know.

Theory.  ``file:`` is OpenSSL's own; ``pkcs11:``, ``tpm2:`` and others belong to providers, which
OpenSSL's configuration names.  A loader may ask for a passphrase or a PIN: it is given ours, and
never prompts.  All of it is read before any of it is used.
"""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.passphrases as passphrases
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.keys as keys

cdef extern from "compat.h" nogil:
    int OSSL_STORE_INFO_CERT
    int OSSL_STORE_INFO_PKEY
    c.OSSL_STORE_CTX* OSSL_STORE_open_ex(const char* uri, void* library, const char* properties,
        const c.UI_METHOD* prompt, void* prompt_data, const void* params, void* after,
        void* after_data)
    c.OSSL_STORE_INFO* OSSL_STORE_load(c.OSSL_STORE_CTX* source)
    int OSSL_STORE_eof(c.OSSL_STORE_CTX* source)
    int OSSL_STORE_error(c.OSSL_STORE_CTX* source)
    int OSSL_STORE_INFO_get_type(const c.OSSL_STORE_INFO* info)
    c.EVP_PKEY* OSSL_STORE_INFO_get1_PKEY(const c.OSSL_STORE_INFO* info)
    c.X509* OSSL_STORE_INFO_get1_CERT(const c.OSSL_STORE_INFO* info)
    void OSSL_STORE_INFO_free(c.OSSL_STORE_INFO* info)
    c.UI_METHOD* UI_UTIL_wrap_read_pem_callback(c.pem_password_cb* hook, int writing)
    void UI_destroy_method(c.UI_METHOD* method)


cdef class Source:
    """An open URI."""

    cdef c.OSSL_STORE_CTX* handle
    cdef c.UI_METHOD* prompt

    def __cinit__(self):
        self.handle = NULL
        self.prompt = NULL

    def __dealloc__(self):
        if self.handle != NULL:
            c.OSSL_STORE_close(self.handle)
        UI_destroy_method(self.prompt)

    cdef int open(self, const char* uri, void* asked) except -1:
        errors.clear()
        # Without a prompt of ours OpenSSL's own would speak at the terminal.
        self.prompt = UI_UTIL_wrap_read_pem_callback(passphrases.on_passphrase, 0)
        if self.prompt == NULL:
            errors.fail_crypto("no memory for a URI")
        with nogil:     # a token may be slow
            self.handle = OSSL_STORE_open_ex(
                uri, NULL, NULL, self.prompt, asked, NULL, NULL, NULL)
        # Nothing is expected in particular: `file:` takes anything else for an error then.
        return self.handle != NULL

    cdef c.OSSL_STORE_INFO* next(self) noexcept nogil:
        """One more thing, for the caller to give back; NULL at the end, or when it fails."""
        cdef c.OSSL_STORE_INFO* found = NULL
        errors.clear()
        while found == NULL and not OSSL_STORE_eof(self.handle):
            found = OSSL_STORE_load(self.handle)
            if found == NULL and OSSL_STORE_error(self.handle):
                return NULL
        return found

    cdef bint failed(self) noexcept:
        # Where only white space is left of a file it has "failed" too, and complains of nothing.
        return OSSL_STORE_error(self.handle) != 0 and errors.pending()

    cdef int close(self) except -1:
        cdef int good
        with nogil:
            good = c.OSSL_STORE_close(self.handle)
        self.handle = NULL
        if good != 1:
            errors.fail_crypto("the URI cannot be closed")
        return 0


cdef object taken(c.OSSL_STORE_INFO* found):
    """The private key or the certificate that was found; None for anything else."""
    cdef int kind = OSSL_STORE_INFO_get_type(found)
    cdef c.EVP_PKEY* key
    cdef c.X509* certificate
    errors.clear()
    if kind == OSSL_STORE_INFO_PKEY:
        key = OSSL_STORE_INFO_get1_PKEY(found)
        if key == NULL:
            errors.fail_crypto("the key cannot be taken")
        return keys.wrap_key(key)
    if kind == OSSL_STORE_INFO_CERT:
        certificate = OSSL_STORE_INFO_get1_CERT(found)
        if certificate == NULL:
            errors.fail_crypto("the certificate cannot be taken")
        return certificates.wrap_certificate(certificate)
    return None


def load(bytes uri not None, passphrases.Passphrase phrase) -> tuple[list[Any], list[Any]]:
    """The private keys there, and the certificates, in their order."""
    cdef Source source = Source.__new__(Source)
    cdef c.OSSL_STORE_INFO* info
    cdef void* asked = NULL if phrase is None else <void*>phrase
    cdef list found_keys = []
    cdef list found_certificates = []
    cdef bint good = source.open(uri, asked)
    while good:
        with nogil:
            info = source.next()
        if info == NULL:
            good = not source.failed()
            break
        try:
            thing = taken(info)
        finally:
            OSSL_STORE_INFO_free(info)
        if isinstance(thing, keys.PKey):
            found_keys.append(thing)
        elif thing is not None:
            found_certificates.append(thing)
    if phrase is not None:
        phrase.raise_kept()
    if not good:
        errors.fail_crypto("nothing can be loaded from this URI")
    source.close()
    errors.clear()
    return found_keys, found_certificates


def fits(certificates.X509 certificate not None, keys.PKey key not None) -> bool:
    """Whether a certificate is about the public half of a key."""
    cdef c.X509* subject = certificate.share()
    cdef c.EVP_PKEY* shared = NULL
    try:
        shared = key.share()
        errors.clear()
        return c.X509_check_private_key(subject, shared) == 1
    finally:
        errors.clear()
        keys.release_key(shared)
        certificates.release_certificate(subject)
