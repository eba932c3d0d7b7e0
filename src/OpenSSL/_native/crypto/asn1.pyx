"""Times, numbers and strings between ASN.1 and Python, whole or refused."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c


# ---- times

cdef bytes time_text(const c.ASN1_TIME* time):
    """``YYYYMMDDhhmmssZ``, or the form a GeneralizedTime was given; None when empty."""
    cdef const c.ASN1_STRING* text = <const c.ASN1_STRING*>time
    cdef c.ASN1_GENERALIZEDTIME* general
    if time == NULL or c.ASN1_STRING_length(text) == 0:
        return None
    if c.ASN1_STRING_type(text) == c.V_ASN1_GENERALIZEDTIME:
        return string_bytes(text)
    errors.clear()
    general = c.ASN1_TIME_to_generalizedtime(time, NULL)
    if general == NULL:
        errors.fail_crypto("malformed time")
    try:
        return string_bytes(<const c.ASN1_STRING*>general)
    finally:
        c.ASN1_GENERALIZEDTIME_free(general)


cdef object time_seconds(const c.ASN1_TIME* time):
    """Seconds since 1970, time zones taken into account; None when empty."""
    cdef c.ASN1_TIME* start
    cdef int days, seconds, good
    if time == NULL or c.ASN1_STRING_length(<const c.ASN1_STRING*>time) == 0:
        return None
    errors.clear()
    start = c.ASN1_TIME_set(NULL, 0)
    if start == NULL:
        errors.fail_crypto("no memory for a time")
    good = c.ASN1_TIME_diff(&days, &seconds, start, time)
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
    made = c.ASN1_TIME_new()
    if made == NULL:
        errors.fail_crypto("no memory for a time")
    # First the form RFC 5280 wants, a UTCTime up to 2049; then what OpenSSL
    # also knows, as offsets from UTC.
    if (
        c.ASN1_TIME_set_string_X509(made, <bytes>when) != 1
        and c.ASN1_TIME_set_string(made, <bytes>when) != 1
    ):
        c.ASN1_TIME_free(made)
        errors.clear()
        raise ValueError("Invalid string")
    return made


cdef c.ASN1_TIME* new_time_from_now(object seconds) except NULL:
    cdef c.ASN1_TIME* made
    cdef object days, rest
    days, rest = divmod(seconds, 86400)
    if not -4_000_000 < days < 4_000_000:
        raise ValueError("the time is outside the years 0 to 9999")
    errors.clear()
    made = c.X509_time_adj_ex(NULL, days, rest, NULL)
    if made == NULL:
        errors.clear()
        raise ValueError("the time is outside the years 0 to 9999")
    return made


# ---- numbers

cdef object integer_value(const c.ASN1_INTEGER* number):
    cdef c.BIGNUM* big
    cdef bytes digits
    errors.clear()
    big = c.ASN1_INTEGER_to_BN(number, NULL)
    if big == NULL:
        errors.fail_crypto("malformed number")
    try:
        digits = PyBytes_FromStringAndSize(NULL, c.BN_num_bytes(big))
        c.BN_bn2bin(big, <unsigned char*>PyBytes_AS_STRING(digits))
        value = int.from_bytes(digits, "big")
        return -value if c.BN_is_negative(big) else value
    finally:
        c.BN_free(big)


cdef c.ASN1_INTEGER* new_integer(object value) except NULL:
    cdef bytes digits = abs(value).to_bytes((value.bit_length() + 7) // 8, "big")
    cdef c.BIGNUM* big
    cdef c.ASN1_INTEGER* made
    errors.clear()
    big = c.BN_bin2bn(
        <unsigned char*>PyBytes_AS_STRING(digits), <int>PyBytes_GET_SIZE(digits), NULL)
    if big == NULL:
        errors.fail_crypto("no memory for a number")
    c.BN_set_negative(big, value < 0)
    made = c.BN_to_ASN1_INTEGER(big, NULL)
    c.BN_free(big)
    if made == NULL:
        errors.fail_crypto("no memory for a number")
    return made


# ---- strings

cdef bytes string_bytes(const c.ASN1_STRING* text):
    """The content as it stands, NUL bytes and all."""
    cdef int size = c.ASN1_STRING_length(text)
    if size <= 0:
        return b""
    return PyBytes_FromStringAndSize(<const char*>c.ASN1_STRING_get0_data(text), size)


cdef str string_text(const c.ASN1_STRING* text):
    """The content in whatever of ASN.1's alphabets it was written."""
    cdef unsigned char* utf8 = NULL
    cdef int size
    errors.clear()
    size = c.ASN1_STRING_to_UTF8(&utf8, text)
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
