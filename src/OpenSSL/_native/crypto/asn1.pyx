"""Times, numbers and strings between ASN.1 and Python, whole or refused."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c

cdef extern from "compat.h" nogil:
    c.BIGNUM* BN_bin2bn(const unsigned char* data, int size, c.BIGNUM* into)
    int BN_bn2bin(const c.BIGNUM* number, unsigned char* out)
    int BN_num_bytes(const c.BIGNUM* number)
    int BN_is_negative(const c.BIGNUM* number)
    void BN_set_negative(c.BIGNUM* number, int negative)
    void BN_free(c.BIGNUM* number)
    int V_ASN1_GENERALIZEDTIME
    int ASN1_STRING_length(const c.ASN1_STRING* text)
    const unsigned char* ASN1_STRING_get0_data(const c.ASN1_STRING* text)
    int ASN1_STRING_to_UTF8(unsigned char** out, const c.ASN1_STRING* text)
    c.ASN1_TIME* ASN1_TIME_new()
    c.ASN1_TIME* ASN1_TIME_set(c.ASN1_TIME* time, long long seconds)
    int ASN1_TIME_set_string(c.ASN1_TIME* time, const char* text)
    int ASN1_TIME_set_string_X509(c.ASN1_TIME* time, const char* text)
    int ASN1_TIME_diff(int* days, int* seconds, const c.ASN1_TIME* start, const c.ASN1_TIME* end)
    c.ASN1_GENERALIZEDTIME* ASN1_TIME_to_generalizedtime(const c.ASN1_TIME* time,
        c.ASN1_GENERALIZEDTIME** out)
    void ASN1_GENERALIZEDTIME_free(c.ASN1_GENERALIZEDTIME* time)
    c.ASN1_TIME* X509_time_adj_ex(c.ASN1_TIME* time, int days, long seconds, void* now)
    c.BIGNUM* ASN1_INTEGER_to_BN(const c.ASN1_INTEGER* number, c.BIGNUM* into)
    c.ASN1_INTEGER* BN_to_ASN1_INTEGER(const c.BIGNUM* number, c.ASN1_INTEGER* into)


# ---- times

cdef bytes time_text(const c.ASN1_TIME* time):
    """``YYYYMMDDhhmmssZ``, or the form a GeneralizedTime was given; None when empty."""
    cdef const c.ASN1_STRING* text = <const c.ASN1_STRING*>time
    cdef c.ASN1_GENERALIZEDTIME* general
    if time == NULL or ASN1_STRING_length(text) == 0:
        return None
    if c.ASN1_STRING_type(text) == V_ASN1_GENERALIZEDTIME:
        return string_bytes(text)
    errors.clear()
    general = ASN1_TIME_to_generalizedtime(time, NULL)
    if general == NULL:
        errors.fail_crypto("malformed time")
    try:
        return string_bytes(<const c.ASN1_STRING*>general)
    finally:
        ASN1_GENERALIZEDTIME_free(general)


cdef object time_seconds(const c.ASN1_TIME* time):
    """Seconds since 1970, time zones taken into account; None when empty."""
    cdef c.ASN1_TIME* start
    cdef int days, seconds, good
    if time == NULL or ASN1_STRING_length(<const c.ASN1_STRING*>time) == 0:
        return None
    errors.clear()
    start = ASN1_TIME_set(NULL, 0)
    if start == NULL:
        errors.fail_crypto("no memory for a time")
    good = ASN1_TIME_diff(&days, &seconds, start, time)
    c.ASN1_TIME_free(start)
    if good != 1:
        errors.clear()
        raise ValueError("malformed time")
    return <long long>days * 86400 + seconds


cdef c.ASN1_TIME* new_time(object when) except NULL:
    cdef c.ASN1_TIME* made
    if not isinstance(when, bytes):
        raise TypeError("when must be a byte string")
    if b"\0" in <bytes>when:
        raise ValueError("Invalid string")
    errors.clear()
    made = ASN1_TIME_new()
    if made == NULL:
        errors.fail_crypto("no memory for a time")
    # First the form RFC 5280 wants, a UTCTime up to 2049; then what OpenSSL
    # also knows, as offsets from UTC.
    if (
        ASN1_TIME_set_string_X509(made, <bytes>when) != 1
        and ASN1_TIME_set_string(made, <bytes>when) != 1
    ):
        c.ASN1_TIME_free(made)
        errors.clear()
        raise ValueError(f"Invalid string {when!r}: a time is written as b'YYYYMMDDhhmmssZ'")
    return made


cdef c.ASN1_TIME* new_time_from_now(object seconds) except NULL:
    cdef c.ASN1_TIME* made
    cdef object days, rest
    days, rest = divmod(seconds, 86400)
    if not -4_000_000 < days < 4_000_000:
        raise ValueError("the time is outside the years 0 to 9999")
    errors.clear()
    made = X509_time_adj_ex(NULL, days, rest, NULL)
    if made == NULL:
        errors.clear()
        raise ValueError("the time is outside the years 0 to 9999")
    return made


# ---- numbers

cdef object integer_value(const c.ASN1_INTEGER* number):
    cdef c.BIGNUM* big
    cdef bytes digits
    errors.clear()
    big = ASN1_INTEGER_to_BN(number, NULL)
    if big == NULL:
        errors.fail_crypto("malformed number")
    try:
        digits = PyBytes_FromStringAndSize(NULL, BN_num_bytes(big))
        BN_bn2bin(big, <unsigned char*>PyBytes_AS_STRING(digits))
        value = int.from_bytes(digits, "big")
        return -value if BN_is_negative(big) else value
    finally:
        BN_free(big)


cdef c.ASN1_INTEGER* new_integer(object value) except NULL:
    cdef bytes digits = abs(value).to_bytes((value.bit_length() + 7) // 8, "big")
    cdef c.BIGNUM* big
    cdef c.ASN1_INTEGER* made
    errors.clear()
    big = BN_bin2bn(
        <unsigned char*>PyBytes_AS_STRING(digits), <int>PyBytes_GET_SIZE(digits), NULL)
    if big == NULL:
        errors.fail_crypto("no memory for a number")
    BN_set_negative(big, value < 0)
    made = BN_to_ASN1_INTEGER(big, NULL)
    BN_free(big)
    if made == NULL:
        errors.fail_crypto("no memory for a number")
    return made


# ---- strings

cdef bytes string_bytes(const c.ASN1_STRING* text):
    """The content as it stands, NUL bytes and all."""
    cdef int size = ASN1_STRING_length(text)
    if size <= 0:
        return b""
    return PyBytes_FromStringAndSize(<const char*>ASN1_STRING_get0_data(text), size)


cdef str string_text(const c.ASN1_STRING* text):
    """The content in whatever of ASN.1's alphabets it was written."""
    cdef unsigned char* utf8 = NULL
    cdef int size
    errors.clear()
    size = ASN1_STRING_to_UTF8(&utf8, text)
    if size < 0:
        errors.fail_crypto("malformed text")
    try:
        return PyBytes_FromStringAndSize(<char*>utf8, size).decode("utf-8")
    finally:
        c.OPENSSL_free(utf8)


cdef bytes object_name(const c.ASN1_OBJECT* kind):
    """The dotted numbers of an object identifier."""
    cdef char out[256]
    cdef int size = c.OBJ_obj2txt(out, sizeof(out), kind, 1)
    if size <= 0 or size >= <int>sizeof(out):
        raise ValueError("the object identifier is too long")
    return out[:size]
