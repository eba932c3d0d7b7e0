cimport OpenSSL._native.common.libssl as s

# The list of protocols as libssl hands it on, NULL for none; False when malformed.
cdef bint read_protocols(
    s.SSL* ssl, const unsigned char** protocols, size_t* size) noexcept nogil
cdef list split_protocols(const unsigned char* offered, size_t size)
# The whole hello that libssl goes by, from the message as it came; None where that was not kept.
cdef object message_of(s.SSL* ssl, object kept)
