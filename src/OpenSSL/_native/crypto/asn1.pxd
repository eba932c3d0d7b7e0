cimport OpenSSL._native.common.libcrypto as c

cdef bytes time_text(const c.ASN1_TIME* time)
cdef object time_seconds(const c.ASN1_TIME* time)
# New objects, for the caller to free.
cdef c.ASN1_TIME* new_time(object when) except NULL
cdef c.ASN1_TIME* new_time_from_now(object seconds) except NULL
cdef object integer_value(const c.ASN1_INTEGER* number)
cdef c.ASN1_INTEGER* new_integer(object value) except NULL
cdef bytes string_bytes(const c.ASN1_STRING* text)
cdef str string_text(const c.ASN1_STRING* text)
cdef bytes object_name(const c.ASN1_OBJECT* kind)
