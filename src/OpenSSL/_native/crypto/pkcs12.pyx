"""PKCS #12 archives: a key, its certificate and others, under one passphrase."""

from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.keys as keys

from OpenSSL._native.common.errors import memory_ended as _memory_ended

cdef extern from "compat.h" nogil:
    int NID_pbe_WithSHA1And3_Key_TripleDES_CBC
    const unsigned char* X509_alias_get0(c.X509* certificate, int* size)
    void PKCS12_free(c.PKCS12* archive)
    c.PKCS12* d2i_PKCS12_bio(c.BIO* bio, c.PKCS12** into)
    int i2d_PKCS12_bio(c.BIO* bio, const c.PKCS12* archive)
    int PKCS12_parse(c.PKCS12* archive, const char* phrase, c.EVP_PKEY** key,
        c.X509** certificate, c.X509_CHAIN** authorities)
    int PKCS12_mac_present(const c.PKCS12* archive)
    int PKCS12_set_mac(c.PKCS12* archive, const char* phrase, int size, unsigned char* salt,
        int salt_size, int iterations, const c.EVP_MD* digest)
    const c.EVP_MD* EVP_sha256()
    ctypedef struct PKCS7:
        pass
    ctypedef struct PKCS7_LIST "STACK_OF(PKCS7)":
        pass
    ctypedef struct SAFEBAG "PKCS12_SAFEBAG":
        pass
    ctypedef struct SAFEBAG_LIST "STACK_OF(PKCS12_SAFEBAG)":
        pass
    int NID_pkcs8ShroudedKeyBag
    PKCS7_LIST* PKCS12_unpack_authsafes(const c.PKCS12* archive)
    int sk_PKCS7_num(const PKCS7_LIST* safes)
    PKCS7* sk_PKCS7_pop(PKCS7_LIST* safes)
    void sk_PKCS7_free(PKCS7_LIST* safes)
    int PKCS7_type_is_data(const PKCS7* safe)
    SAFEBAG_LIST* PKCS12_unpack_p7data(PKCS7* safe)
    int sk_PKCS12_SAFEBAG_num(const SAFEBAG_LIST* bags)
    SAFEBAG* sk_PKCS12_SAFEBAG_pop(SAFEBAG_LIST* bags)
    void sk_PKCS12_SAFEBAG_free(SAFEBAG_LIST* bags)
    void PKCS12_SAFEBAG_free(SAFEBAG* bag)
    int PKCS12_SAFEBAG_get_nid(const SAFEBAG* bag)
    c.PKCS12* PKCS12_create(const char* phrase, const char* name, c.EVP_PKEY* key,
        c.X509* certificate, c.X509_CHAIN* authorities, int key_nid, int certificate_nid,
        int iterations, int mac_iterations, int key_type)


cdef enum:
    UNPROTECTED = -2        # an answer of open_archive

# A passphrase that no archive is made with.
cdef const char* STRANGE = b"\x01 nobody's \x02"


cdef const char* spelled(bytes words, str what) except? NULL:
    # OpenSSL takes C strings here and would stop reading at a NUL (PKCS12_create(3)).
    if words is None:
        return NULL
    if b"\0" in words:
        raise ValueError(f"{what} must not contain a NUL byte")
    return <const char*>words


cdef bint passed_over(const c.X509_CHAIN* others, c.EVP_PKEY* key) except -1:
    """Whether the certificate of ``key`` may be among the others.

    PKCS12_parse takes it for one of them, and says nothing, when it has no memory to read
    its key or to compare the two.
    """
    cdef c.X509* one
    cdef int index
    for index in range(c.sk_X509_num(others)):
        one = c.sk_X509_value(others, index)
        errors.clear()
        if (
            c.X509_get0_pubkey(one) == NULL
            or c.X509_check_private_key(one, key) == 1
            or _memory_ended()
        ):
            return True
    return False


cdef int is_bag_encrypted(PKCS7* safe) noexcept nogil:
    """Whether a part of an archive is encrypted, or a key in it; -1 if it cannot be read."""
    cdef SAFEBAG_LIST* bags
    cdef SAFEBAG* bag
    cdef int found = 0
    if not PKCS7_type_is_data(safe):
        return 1
    bags = PKCS12_unpack_p7data(safe)
    if bags == NULL:
        return -1
    while sk_PKCS12_SAFEBAG_num(bags) > 0:
        bag = sk_PKCS12_SAFEBAG_pop(bags)
        if PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag:
            found = 1
        PKCS12_SAFEBAG_free(bag)
    sk_PKCS12_SAFEBAG_free(bags)
    return found


cdef int is_encrypted(c.PKCS12* archive) noexcept nogil:
    """Whether anything in an archive is; -1 if that cannot be told, as without memory."""
    cdef PKCS7_LIST* safes = PKCS12_unpack_authsafes(archive)
    cdef PKCS7* safe
    cdef int found = 0
    if safes == NULL:
        return -1
    while sk_PKCS7_num(safes) > 0:
        safe = sk_PKCS7_pop(safes)
        if found == 0:
            found = is_bag_encrypted(safe)
        c.PKCS7_free(safe)
    sk_PKCS7_free(safes)
    return found


cdef bint opens_by_any(c.PKCS12* archive) noexcept nogil:
    """Whether an archive without a MAC opens by a passphrase that it was not made with."""
    cdef c.EVP_PKEY* key = NULL
    cdef c.X509* certificate = NULL
    cdef c.X509_CHAIN* others = NULL
    cdef bint opened = (
        PKCS12_set_mac(archive, STRANGE, -1, NULL, 0, 1, EVP_sha256()) == 1
        and PKCS12_parse(archive, STRANGE, &key, &certificate, &others) == 1)
    keys.release_key(key)
    certificates.release_certificate(certificate)
    certificates.release_chain(others)
    errors.clear()
    return opened


cdef int open_archive(
    c.PKCS12* archive, const char* words, c.EVP_PKEY** key, c.X509** certificate,
    c.X509_CHAIN** others,
) noexcept nogil:
    """PKCS12_parse, also for archives without a MAC; 0 if it cannot be opened.

    libcrypto 3.0 takes these only without a passphrase.  So it is given a MAC to find, and what is
    encrypted opens by the right passphrase.  Where nothing is, whoever writes the file could
    leave out the MAC: that is refused.
    """
    cdef const char* phrase = words
    cdef int encrypted
    if PKCS12_mac_present(archive):
        return PKCS12_parse(archive, words, key, certificate, others)
    if words == NULL:
        if PKCS12_parse(archive, NULL, key, certificate, others) == 1:
            return 1
        errors.clear()
        phrase = b""    # another one than none
    else:
        # To open it by another passphrase may fail for want of memory alone.
        encrypted = is_encrypted(archive)
        if encrypted < 0:
            return 0
        if not encrypted or opens_by_any(archive):
            # Then the passphrase proves nothing: anybody may have written it.
            return UNPROTECTED
    if PKCS12_set_mac(archive, phrase, -1, NULL, 0, 1, EVP_sha256()) != 1:
        return 0
    return PKCS12_parse(archive, phrase, key, certificate, others)


def parse(bytes data not None, bytes phrase) -> tuple[Any, Any, bytes | None, list[Any] | None]:
    """Return ``(key, certificate, friendly name, other certificates)``, None where missing."""
    cdef memory.Memory source = memory.reading(data)
    cdef const char* words = spelled(phrase or None, "the passphrase")
    cdef c.EVP_PKEY* key = NULL
    cdef c.X509* certificate = NULL
    cdef c.X509_CHAIN* others = NULL
    cdef c.PKCS12* archive
    cdef const unsigned char* alias
    cdef c.EVP_PKEY* taken_key
    cdef c.X509* taken
    cdef int good, size = 0
    found_key = found = name = None
    errors.clear()
    archive = d2i_PKCS12_bio(source.bio, NULL)
    if archive == NULL:
        errors.fail_crypto("not a PKCS #12 archive")
    with nogil:  # deriving keys from passphrases is slow on purpose
        good = open_archive(archive, words, &key, &certificate, &others)
        PKCS12_free(archive)
    try:
        if good == UNPROTECTED:
            errors.clear()
            errors.fail_crypto(
                "the archive has no MAC and is not encrypted: a passphrase does not protect it")
        if good != 1:
            errors.fail_crypto("the archive cannot be opened")
        # PKCS12_parse passes over a friendly name that it finds no memory for.
        if _memory_ended():
            errors.fail_crypto("no memory for the archive")
        if key != NULL and certificate == NULL and passed_over(others, key):
            errors.clear()
            errors.fail_crypto("the certificate of the key cannot be told from the others")
        if certificate != NULL:
            alias = X509_alias_get0(certificate, &size)
            name = None if alias == NULL else PyBytes_FromStringAndSize(<const char*>alias, size)
        chain = certificates.wrap_chain(others)
        if key != NULL:
            taken_key, key = key, NULL
            found_key = keys.wrap_key(taken_key)
        if certificate != NULL:
            taken, certificate = certificate, NULL
            found = certificates.wrap_certificate(taken)
    finally:
        keys.release_key(key)
        certificates.release_certificate(certificate)
        certificates.release_chain(others)
        errors.clear()
    return found_key, found, name, chain or None


def create(
    bytes phrase,
    bytes name,
    keys.PKey key,
    certificates.X509 certificate,
    list others not None: list[Any],
    int iterations,
    int mac_iterations,
) -> bytes:
    """Write an archive, encrypted in the way every reader of archives knows."""
    cdef memory.Memory out = memory.writing()
    cdef const char* words = spelled(phrase, "the passphrase")
    cdef const char* label = spelled(name, "the friendly name")
    cdef c.X509* subject = NULL
    cdef c.EVP_PKEY* shared = NULL
    cdef c.X509_CHAIN* chain = certificates.new_chain(others)
    cdef c.PKCS12* archive
    cdef int good = 0
    try:
        if certificate is not None:
            subject = certificate.share()
        if key is not None:
            keys.check_here(key)
            shared = key.share()
        errors.clear()
        with nogil:
            archive = PKCS12_create(
                words, label, shared, subject, chain,
                NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                iterations, mac_iterations, 0,
            )
            if archive != NULL:
                good = i2d_PKCS12_bio(out.bio, archive)
                PKCS12_free(archive)
        if good != 1:
            errors.fail_crypto("the archive cannot be written")
    finally:
        keys.release_key(shared)
        certificates.release_certificate(subject)
        certificates.release_chain(chain)
    return out.written()
