/* The ring of keys for session tickets, read by libssl in the middle of handshakes.
 *
 * Theory.  A ring is an array of keys.  The first one encrypts, every one decrypts.  It is
 * replaced as a whole under a lock of its own, and a handshake copies the one key it needs
 * while it holds that lock for reading.  No Python runs, no memory is allocated, and
 * whatever is dropped is overwritten first.
 */
#ifndef BRISKTLS_TICKET_RING_H
#define BRISKTLS_TICKET_RING_H

#include "compat.h"

#include <string.h>

#define BRISK_TICKET_NAME 16

typedef struct {
    unsigned char name[BRISK_TICKET_NAME];
    unsigned char aes[32];
    unsigned char hmac[32];
    unsigned char size; /* of each of the two secrets: 16 or 32 bytes */
} brisk_ticket_key;

typedef struct {
    CRYPTO_RWLOCK *lock; /* NULL until the first ring comes */
    brisk_ticket_key *keys;
    size_t count;
    EVP_CIPHER *aes128;
    EVP_CIPHER *aes256;
} brisk_ticket_ring;

static inline void brisk_ticket_keys_drop(brisk_ticket_key *keys, size_t count)
{
    OPENSSL_clear_free(keys, count * sizeof(*keys));
}

/* Make ready for a first ring; 0 when there is no memory. */
static inline int brisk_ticket_ring_open(brisk_ticket_ring *ring)
{
    if (ring->lock != NULL)
        return 1;
    if (ring->aes128 == NULL)
        ring->aes128 = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    if (ring->aes256 == NULL)
        ring->aes256 = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    if (ring->aes128 == NULL || ring->aes256 == NULL)
        return 0;
    ring->lock = CRYPTO_THREAD_lock_new();
    return ring->lock != NULL;
}

/* Put `keys` into force; the ring owns them from here on.  0, and nothing has changed,
 * when the lock cannot be taken. */
static inline int brisk_ticket_ring_replace(
    brisk_ticket_ring *ring, brisk_ticket_key *keys, size_t count)
{
    brisk_ticket_key *previous;
    size_t many;
    if (!CRYPTO_THREAD_write_lock(ring->lock))
        return 0;
    previous = ring->keys;
    many = ring->count;
    ring->keys = keys;
    ring->count = count;
    CRYPTO_THREAD_unlock(ring->lock);
    brisk_ticket_keys_drop(previous, many);
    return 1;
}

static inline void brisk_ticket_ring_close(brisk_ticket_ring *ring)
{
    brisk_ticket_keys_drop(ring->keys, ring->count);
    ring->keys = NULL;
    ring->count = 0;
    EVP_CIPHER_free(ring->aes128);
    EVP_CIPHER_free(ring->aes256);
    ring->aes128 = ring->aes256 = NULL;
    CRYPTO_THREAD_lock_free(ring->lock);
    ring->lock = NULL;
}

/* Copy the key that encrypts (`name` is NULL) or the one of that name.
 * 1 for the key that encrypts, 2 for another one, 0 when there is none, -1 on failure. */
static inline int brisk_ticket_ring_find(
    brisk_ticket_ring *ring, const unsigned char *name, brisk_ticket_key *found)
{
    size_t at = 0;
    int place = 0;
    if (ring->lock == NULL || !CRYPTO_THREAD_read_lock(ring->lock))
        return -1;
    if (name != NULL)
        while (at < ring->count && memcmp(ring->keys[at].name, name, BRISK_TICKET_NAME) != 0)
            at++;
    if (at < ring->count) {
        *found = ring->keys[at];
        place = at == 0 ? 1 : 2;
    }
    CRYPTO_THREAD_unlock(ring->lock);
    return place;
}

/* What SSL_CTX_set_tlsext_ticket_key_evp_cb(3) asks for: 1 a key, 2 a key and the ticket is
 * to be renewed, 0 no key (a full handshake, or no ticket), -1 failure. */
static inline int brisk_ticket_key_for(
    brisk_ticket_ring *ring, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int encrypt)
{
    brisk_ticket_key key;
    OSSL_PARAM params[3];
    const EVP_CIPHER *aes;
    int place = brisk_ticket_ring_find(ring, encrypt ? NULL : name, &key);
    if (place <= 0)
        return place;
    aes = key.size == 16 ? ring->aes128 : ring->aes256;
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.hmac, key.size);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (encrypt) {
        memcpy(name, key.name, BRISK_TICKET_NAME);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1)
            place = -1;
    }
    if (place > 0
        && (EVP_MAC_CTX_set_params(mac, params) != 1
            || EVP_CipherInit_ex(cipher, aes, NULL, key.aes, iv, encrypt) != 1))
        place = -1;
    OPENSSL_cleanse(&key, sizeof(key));
    return place;
}

#endif
