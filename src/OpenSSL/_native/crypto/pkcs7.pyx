"""What kind of PKCS #7 message some bytes are."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases

cdef extern from "compat.h" nogil:
    c.PKCS7* PEM_read_bio_PKCS7(c.BIO* bio, c.PKCS7** into, c.pem_password_cb* hook, void* data)
    c.PKCS7* d2i_PKCS7_bio(c.BIO* bio, c.PKCS7** into)


def read_type(bytes data not None, bint pem) -> bytes:
    """OpenSSL's short name for the type of the message."""
    cdef memory.Memory source = memory.reading(data)
    cdef c.PKCS7* message
    cdef int nid
    errors.clear()
    if pem:
        message = PEM_read_bio_PKCS7(source.bio, NULL, passphrases.on_passphrase, NULL)
    else:
        message = d2i_PKCS7_bio(source.bio, NULL)
    if message == NULL:
        errors.fail_crypto("not a PKCS #7 message")
    nid = c.OBJ_obj2nid(message.type)
    c.PKCS7_free(message)
    return <bytes>c.OBJ_nid2sn(nid)
