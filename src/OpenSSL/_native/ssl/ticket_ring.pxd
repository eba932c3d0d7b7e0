cdef extern from "ticket_ring.h" nogil:
    ctypedef struct EVP_CIPHER_CTX:
        pass
    ctypedef struct EVP_MAC_CTX:
        pass
    ctypedef struct brisk_ticket_key:
        unsigned char[16] name
        unsigned char[32] aes
        unsigned char[32] hmac
        unsigned char size
    ctypedef struct brisk_ticket_ring:
        pass
    int brisk_ticket_ring_open(brisk_ticket_ring* ring)
    int brisk_ticket_ring_replace(brisk_ticket_ring* ring, brisk_ticket_key* keys, size_t count)
    void brisk_ticket_ring_close(brisk_ticket_ring* ring)
    void brisk_ticket_keys_drop(brisk_ticket_key* keys, size_t count)
    int brisk_ticket_key_for(
        brisk_ticket_ring* ring, unsigned char* name, unsigned char* iv,
        EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bint encrypt)
