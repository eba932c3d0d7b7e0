"""``OCSPResponse`` owns an OCSP_RESPONSE and the basic response inside of it.

Theory.  A response is an envelope with a status of its own ("successful", "try later").
In a successful one is a basic response: signed, by the issuer of the certificates or by
somebody the issuer has authorised, and with an answer for one certificate or more.  What
was loaded is never changed, so it is read without a lock.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.asn1 as asn1
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.names as names
cimport OpenSSL._native.crypto.stores as stores
from OpenSSL._native.common.owners cimport Owner, new

cdef extern from "compat.h" nogil:
    int NID_tlsfeature
    int sk_ASN1_INTEGER_num(const c.ASN1_INTEGERS* numbers)
    c.ASN1_INTEGER* sk_ASN1_INTEGER_value(const c.ASN1_INTEGERS* numbers, int index)
    void TLS_FEATURE_free(c.ASN1_INTEGERS* features)
    c.OPENSSL_STRINGS* X509_get1_ocsp(c.X509* certificate)
    int sk_OPENSSL_STRING_num(const c.OPENSSL_STRINGS* texts)
    char* sk_OPENSSL_STRING_value(const c.OPENSSL_STRINGS* texts, int index)
    void X509_email_free(c.OPENSSL_STRINGS* texts)
    int OCSP_RESPONSE_STATUS_SUCCESSFUL
    c.OCSP_RESPONSE* d2i_OCSP_RESPONSE(c.OCSP_RESPONSE** reused, const unsigned char** data,
        long size)
    int i2d_OCSP_RESPONSE(c.OCSP_RESPONSE* response, unsigned char** out)
    void OCSP_RESPONSE_free(c.OCSP_RESPONSE* response)
    int OCSP_response_status(c.OCSP_RESPONSE* response)
    const char* OCSP_response_status_str(long status)
    c.OCSP_BASICRESP* OCSP_response_get1_basic(c.OCSP_RESPONSE* response)
    void OCSP_BASICRESP_free(c.OCSP_BASICRESP* basic)
    const c.ASN1_TIME* OCSP_resp_get0_produced_at(const c.OCSP_BASICRESP* basic)
    const c.X509_CHAIN* OCSP_resp_get0_certs(const c.OCSP_BASICRESP* basic)
    int OCSP_resp_get0_id(const c.OCSP_BASICRESP* basic, const c.ASN1_STRING** key_hash,
        const c.X509_NAME** name)
    int OCSP_resp_get0_signer(c.OCSP_BASICRESP* basic, c.X509** signer, c.X509_CHAIN* others)
    int OCSP_resp_count(c.OCSP_BASICRESP* basic)
    c.OCSP_SINGLERESP* OCSP_resp_get0(c.OCSP_BASICRESP* basic, int index)
    const c.OCSP_CERTID* OCSP_SINGLERESP_get0_id(const c.OCSP_SINGLERESP* single)
    int OCSP_single_get0_status(c.OCSP_SINGLERESP* single, int* reason, c.ASN1_TIME** revoked,
        c.ASN1_TIME** this_update, c.ASN1_TIME** next_update)
    const char* OCSP_cert_status_str(long status)
    const char* OCSP_crl_reason_str(long reason)
    int OCSP_check_validity(c.ASN1_TIME* this_update, c.ASN1_TIME* next_update, long leeway,
        long maximum)
    int OCSP_basic_verify(c.OCSP_BASICRESP* basic, c.X509_CHAIN* certificates,
        c.X509_STORE* store, unsigned long flags)
    int OCSP_id_get0_info(c.ASN1_STRING** name_hash, c.ASN1_OBJECT** digest,
        c.ASN1_STRING** key_hash, c.ASN1_INTEGER** serial, c.OCSP_CERTID* id)
    c.OCSP_CERTID* OCSP_cert_to_id(const c.EVP_MD* digest, const c.X509* subject,
        const c.X509* issuer)
    int OCSP_id_cmp(const c.OCSP_CERTID* one, const c.OCSP_CERTID* other)
    void OCSP_CERTID_free(c.OCSP_CERTID* id)
    c.OCSP_REQUEST* OCSP_REQUEST_new()
    void OCSP_REQUEST_free(c.OCSP_REQUEST* request)
    c.OCSP_ONEREQ* OCSP_request_add0_id(c.OCSP_REQUEST* request, c.OCSP_CERTID* id)
    int i2d_OCSP_REQUEST(c.OCSP_REQUEST* request, unsigned char** out)

cdef enum:
    # The features of RFC 7633 that ask for a stapled response (RFC 6066, RFC 6961).
    STATUS_REQUEST = 5
    STATUS_REQUEST_V2 = 17

cdef class OCSPResponse(Owner):
    """The owner of an OCSP response."""

    def __dealloc__(self):
        OCSP_BASICRESP_free(self.basic)
        OCSP_RESPONSE_free(<c.OCSP_RESPONSE*>self.handle)

    cdef c.OCSP_RESPONSE* held(self) except NULL:
        if self.handle == NULL:
            raise ValueError("the OCSPResponse was not loaded from anything")
        return <c.OCSP_RESPONSE*>self.handle

    cdef c.OCSP_BASICRESP* answered(self) except NULL:
        self.held()
        if self.basic == NULL:
            raise ValueError("the responder gave no answer: see the response's status")
        return self.basic


# ---- the envelope

def load(bytes data not None) -> Any:
    cdef const unsigned char* start = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef const unsigned char* end = start
    cdef OCSPResponse made = new(OCSPResponse)
    cdef c.OCSP_RESPONSE* handle
    errors.clear()
    handle = d2i_OCSP_RESPONSE(NULL, &end, PyBytes_GET_SIZE(data))
    made.handle = handle
    if handle == NULL:
        errors.fail_crypto("not an OCSP response")
    if end - start != PyBytes_GET_SIZE(data):
        errors.fail_crypto("bytes follow the OCSP response")
    if OCSP_response_status(handle) == OCSP_RESPONSE_STATUS_SUCCESSFUL:
        made.basic = OCSP_response_get1_basic(handle)
        if made.basic == NULL:
            errors.fail_crypto("an OCSP response of a type that nobody knows")
    return made


def dump(OCSPResponse response not None) -> bytes:
    cdef unsigned char* out
    cdef int size
    cdef bytes made
    cdef c.OCSP_RESPONSE* handle = response.held()
    errors.clear()
    size = i2d_OCSP_RESPONSE(handle, NULL)
    if size <= 0:
        errors.fail_crypto("the OCSP response cannot be written")
    made = PyBytes_FromStringAndSize(NULL, size)
    out = <unsigned char*>PyBytes_AS_STRING(made)
    if i2d_OCSP_RESPONSE(handle, &out) != size:
        errors.fail_crypto("the OCSP response cannot be written")
    return made


def get_status(OCSPResponse response not None) -> tuple[int, str]:
    """The number of the envelope's status, and OpenSSL's word for it."""
    cdef int status = OCSP_response_status(response.held())
    return status, (<bytes>OCSP_response_status_str(status)).decode("ascii")


def get_produced_at(OCSPResponse response not None) -> int | None:
    return asn1.time_seconds(OCSP_resp_get0_produced_at(response.answered()))


def get_responder(OCSPResponse response not None) -> Any:
    """The name of who signed, or the SHA-1 of their public key."""
    cdef const c.ASN1_STRING* key_hash = NULL
    cdef const c.X509_NAME* name = NULL
    cdef c.X509_NAME* copied
    errors.clear()
    if OCSP_resp_get0_id(response.answered(), &key_hash, &name) != 1:
        errors.fail_crypto("the OCSP response names no responder")
    if name == NULL:
        return asn1.string_bytes(key_hash)
    copied = c.X509_NAME_dup(name)
    if copied == NULL:
        errors.fail_crypto("the name cannot be copied")
    return names.wrap_name(copied)


def get_certificates(OCSPResponse response not None) -> list[Any]:
    cdef const c.X509_CHAIN* chain = OCSP_resp_get0_certs(response.answered())
    return [] if chain == NULL else certificates.wrap_chain(chain)


def get_signer(OCSPResponse response not None, others not None: Sequence[X509]) -> Any:
    """The certificate that the responder's name or key leads to, here or in *others*, or None."""
    cdef c.X509* signer = NULL
    cdef c.X509_CHAIN* chain
    cdef c.OCSP_BASICRESP* basic = response.answered()
    cdef int good
    chain = certificates.new_chain(others)
    try:
        errors.clear()
        good = OCSP_resp_get0_signer(basic, &signer, chain)
        errors.clear()
        if good <= 0 or signer == NULL:
            return None
        if c.X509_up_ref(signer) != 1:
            errors.fail_crypto("the certificate cannot be shared")
        return certificates.wrap_certificate(signer)
    finally:
        certificates.release_chain(chain)


# ---- answers

cdef str digest_name(const c.ASN1_OBJECT* digest):
    cdef int nid = c.OBJ_obj2nid(digest)
    if nid == c.NID_undef:
        return asn1.object_name(digest).decode("ascii")
    return (<bytes>c.OBJ_nid2sn(nid)).decode("ascii").lower()


cdef c.OCSP_SINGLERESP* single(OCSPResponse response, int index) except NULL:
    cdef c.OCSP_SINGLERESP* found = OCSP_resp_get0(response.answered(), index)
    if found == NULL:
        raise IndexError("the response has no such answer")
    return found


def count(OCSPResponse response not None) -> int:
    return OCSP_resp_count(response.answered())


def get_answer(
    OCSPResponse response not None, int index,
) -> tuple[str, bytes, bytes, int, str, int | None, str | None, int | None, int | None]:
    """All that one answer says, as a tuple; times are seconds since 1970 or None."""
    cdef c.OCSP_SINGLERESP* found = single(response, index)
    cdef c.ASN1_STRING* name_hash = NULL
    cdef c.ASN1_STRING* key_hash = NULL
    cdef c.ASN1_OBJECT* digest = NULL
    cdef c.ASN1_INTEGER* serial = NULL
    cdef c.ASN1_TIME* revoked = NULL
    cdef c.ASN1_TIME* this_update = NULL
    cdef c.ASN1_TIME* next_update = NULL
    cdef int reason = -1
    cdef int status
    errors.clear()
    if OCSP_id_get0_info(
        &name_hash, &digest, &key_hash, &serial,
        <c.OCSP_CERTID*>OCSP_SINGLERESP_get0_id(found),
    ) != 1:
        errors.fail_crypto("the answer is about no certificate")
    status = OCSP_single_get0_status(found, &reason, &revoked, &this_update, &next_update)
    if status < 0:
        errors.fail_crypto("the answer has no status")
    return (
        digest_name(digest),
        asn1.string_bytes(name_hash),
        asn1.string_bytes(key_hash),
        asn1.integer_value(serial),
        (<bytes>OCSP_cert_status_str(status)).decode("ascii"),
        asn1.time_seconds(revoked),
        None if reason < 0 else (<bytes>OCSP_crl_reason_str(reason)).decode("ascii"),
        asn1.time_seconds(this_update),
        asn1.time_seconds(next_update),
    )


cdef const c.EVP_MD* digest_of(const c.OCSP_CERTID* id) noexcept:
    """The digest that the names and keys of an answer were hashed with, or NULL."""
    cdef c.ASN1_OBJECT* digest = NULL
    if OCSP_id_get0_info(NULL, &digest, NULL, NULL, <c.OCSP_CERTID*>id) != 1:
        return NULL
    if c.OBJ_obj2nid(digest) == c.NID_undef:
        return NULL
    return c.EVP_get_digestbyname(c.OBJ_nid2sn(c.OBJ_obj2nid(digest)))


def matching(
    OCSPResponse response not None,
    certificates.X509 certificate not None,
    certificates.X509 issuer not None,
) -> list[int]:
    """Where the answers about *certificate* stand."""
    cdef c.OCSP_BASICRESP* basic = response.answered()
    cdef c.X509* subject = certificate.share()
    cdef c.X509* above = NULL
    cdef const c.OCSP_CERTID* found
    cdef const c.EVP_MD* digest
    cdef c.OCSP_CERTID* wanted
    cdef bint same
    cdef int index
    cdef list places = []
    try:
        above = issuer.share()
        errors.clear()
        for index in range(OCSP_resp_count(basic)):
            found = OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, index))
            digest = digest_of(found)
            if digest == NULL:
                continue    # a digest that is not known here matches nothing
            wanted = OCSP_cert_to_id(digest, subject, above)
            if wanted == NULL:
                errors.fail_crypto("the certificate cannot be looked for")
            same = OCSP_id_cmp(wanted, found) == 0
            OCSP_CERTID_free(wanted)
            if same:
                places.append(index)
        errors.clear()
        return places
    finally:
        certificates.release_certificate(subject)
        certificates.release_certificate(above)


# ---- judging

def verify_signature(
    OCSPResponse response not None,
    others not None: Sequence[X509],
    stores.X509Store store not None,
) -> None:
    """Raise unless the issuer, or somebody it has authorised, has signed."""
    cdef c.OCSP_BASICRESP* basic = response.answered()
    cdef c.X509_STORE* trusted = store.held()
    cdef c.X509_CHAIN* chain = certificates.new_chain(others)
    cdef int good
    try:
        errors.clear()
        with nogil:
            good = OCSP_basic_verify(basic, chain, trusted, 0)
        if good != 1:
            errors.fail_crypto("the OCSP response is not signed as it should be")
        errors.clear()
    finally:
        certificates.release_chain(chain)


def check_validity(OCSPResponse response not None, int index, long leeway, long maximum) -> None:
    """Raise unless an answer holds now; a *maximum* age in seconds of -1 is none."""
    cdef c.ASN1_TIME* this_update = NULL
    cdef c.ASN1_TIME* next_update = NULL
    cdef int status
    status = OCSP_single_get0_status(
        single(response, index), NULL, NULL, &this_update, &next_update)
    errors.clear()
    if status < 0 or OCSP_check_validity(this_update, next_update, leeway, maximum) != 1:
        errors.fail_crypto("the answer does not hold now")


# ---- asking

def request(
    certificates.X509 certificate not None, certificates.X509 issuer not None, str digest not None,
) -> bytes:
    """A request about one certificate, in DER."""
    cdef const c.EVP_MD* kind = algorithms.find_digest(digest)
    cdef c.X509* subject = certificate.share()
    cdef c.X509* above = NULL
    cdef c.OCSP_REQUEST* made = NULL
    cdef c.OCSP_CERTID* id
    cdef unsigned char* out
    cdef int size
    cdef bytes written
    try:
        above = issuer.share()
        errors.clear()
        made = OCSP_REQUEST_new()
        if made == NULL:
            errors.fail_crypto("no memory for a request")
        id = OCSP_cert_to_id(kind, subject, above)
        if id == NULL:
            errors.fail_crypto("the certificate cannot be asked about")
        if OCSP_request_add0_id(made, id) == NULL:
            OCSP_CERTID_free(id)
            errors.fail_crypto("no memory for a request")
        size = i2d_OCSP_REQUEST(made, NULL)
        if size <= 0:
            errors.fail_crypto("the request cannot be written")
        written = PyBytes_FromStringAndSize(NULL, size)
        out = <unsigned char*>PyBytes_AS_STRING(written)
        if i2d_OCSP_REQUEST(made, &out) != size:
            errors.fail_crypto("the request cannot be written")
        return written
    finally:
        OCSP_REQUEST_free(made)
        certificates.release_certificate(subject)
        certificates.release_certificate(above)


def get_urls(certificates.X509 certificate not None) -> list[str]:
    """Where a certificate says that responders are."""
    cdef c.X509* shared = certificate.share()
    cdef c.OPENSSL_STRINGS* found = NULL
    cdef int index
    cdef list urls = []
    try:
        errors.clear()
        found = X509_get1_ocsp(shared)
        errors.clear()
        if found == NULL:
            return urls
        for index in range(sk_OPENSSL_STRING_num(found)):
            urls.append(
                (<bytes>sk_OPENSSL_STRING_value(found, index)).decode("utf-8", "replace"))
        return urls
    finally:
        X509_email_free(found)
        certificates.release_certificate(shared)


def must_staple(certificates.X509 certificate not None) -> bool:
    """Whether its TLS features ask for a staple; an extension nobody can read does."""
    cdef c.X509* shared = certificate.share()
    cdef c.ASN1_INTEGERS* features = NULL
    cdef int critical = 0
    cdef int index
    try:
        errors.clear()
        features = <c.ASN1_INTEGERS*>c.X509_get_ext_d2i(
            shared, NID_tlsfeature, &critical, NULL)
        errors.clear()
        if features == NULL:
            return critical != -1
        for index in range(sk_ASN1_INTEGER_num(features)):
            if asn1.integer_value(sk_ASN1_INTEGER_value(features, index)) in (
                STATUS_REQUEST, STATUS_REQUEST_V2
            ):
                return True
        return False
    finally:
        TLS_FEATURE_free(features)
        certificates.release_certificate(shared)
