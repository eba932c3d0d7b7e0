/* Sessions that libssl has let go of, until the program can be told.
 *
 * Theory.  libssl calls its callback for removed sessions with the lock of its cache held
 * (SSL_CTX_add_session and SSL_CTX_flush_sessions, 3.0 and 3.5; 4.0.2 has let go of it, and
 * where memory ends it removes sessions and tells nobody).  Python must not run there: who has
 * the interpreter may be waiting for that lock.  So they are put in a row, and told by the thread
 * that leaves libssl next.
 */
#ifndef BRISKTLS_REMOVALS_H
#define BRISKTLS_REMOVALS_H

#include "compat.h"
#include "lock.h"

typedef struct brisk_removal {
    struct brisk_removal *next;
    SSL_SESSION *session; /* counted here */
} brisk_removal;

typedef struct {
    CRYPTO_RWLOCK *lock;
    brisk_removal *first;
    brisk_removal *last;
    long count; /* how many there are, read without the lock */
    long lost;  /* how many there was no memory for */
    long heard; /* whether somebody is to be told, read without the lock */
} brisk_removals;

static int brisk_removals_index = -1; /* of a Context's row, in its SSL_CTX */
static int brisk_quiet_index = -1;    /* of sessions nobody is to be told of */

static inline int brisk_removals_ready(void)
{
    brisk_removals_index = CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, NULL);
    brisk_quiet_index = CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_SESSION, 0, NULL, NULL, NULL, NULL);
    return brisk_removals_index >= 0 && brisk_quiet_index >= 0;
}

/* A row for a Context's sessions; NULL when there is no memory. */
static inline brisk_removals *brisk_removals_open(SSL_CTX *context)
{
    brisk_removals *row = OPENSSL_zalloc(sizeof(*row));
    if (row == NULL)
        return NULL;
    row->lock = CRYPTO_THREAD_lock_new();
    if (row->lock == NULL || SSL_CTX_set_ex_data(context, brisk_removals_index, row) != 1) {
        CRYPTO_THREAD_lock_free(row->lock);
        OPENSSL_free(row);
        return NULL;
    }
    return row;
}

/* The removal of this session is our own doing. */
static inline void brisk_removal_is_quiet(SSL_SESSION *session)
{
    /* Without memory the program is told once too often. */
    (void)SSL_SESSION_set_ex_data(session, brisk_quiet_index, session);
}

static inline void brisk_removals_put(brisk_removals *row, SSL_SESSION *session)
{
    brisk_removal *made;
    if (row == NULL || brisk_count_get(&row->heard) == 0
        || SSL_SESSION_get_ex_data(session, brisk_quiet_index) == session)
        return;
    made = OPENSSL_malloc(sizeof(*made));
    if (made == NULL || SSL_SESSION_up_ref(session) != 1) {
        OPENSSL_free(made);
        brisk_count_add(&row->lost, 1);
        return;
    }
    made->next = NULL;
    made->session = session;
    if (!CRYPTO_THREAD_write_lock(row->lock)) {
        SSL_SESSION_free(session);
        OPENSSL_free(made);
        brisk_count_add(&row->lost, 1);
        return;
    }
    if (row->last == NULL)
        row->first = made;
    else
        row->last->next = made;
    row->last = made;
    CRYPTO_THREAD_unlock(row->lock);
    brisk_count_add(&row->count, 1);
}

/* libssl's own callback. */
static inline void brisk_removed(SSL_CTX *context, SSL_SESSION *session)
{
    brisk_removals_put(SSL_CTX_get_ex_data(context, brisk_removals_index), session);
}

/* The session that was removed longest ago, now the caller's; NULL for none. */
static inline SSL_SESSION *brisk_removals_take(brisk_removals *row)
{
    brisk_removal *found;
    SSL_SESSION *session;
    if (!CRYPTO_THREAD_write_lock(row->lock))
        return NULL;
    found = row->first;
    if (found != NULL) {
        row->first = found->next;
        if (row->first == NULL)
            row->last = NULL;
    }
    CRYPTO_THREAD_unlock(row->lock);
    if (found == NULL)
        return NULL;
    brisk_count_add(&row->count, -1);
    session = found->session;
    OPENSSL_free(found);
    return session;
}

/* Keep the row for as long as a word takes to be read or written.  No Python runs meanwhile that
 * could wait for anything, so this may be asked for with any other lock held. */
static inline int brisk_removals_hold(brisk_removals *row)
{
    return CRYPTO_THREAD_write_lock(row->lock);
}

static inline void brisk_removals_release(brisk_removals *row)
{
    CRYPTO_THREAD_unlock(row->lock);
}

static inline int brisk_removals_any(const brisk_removals *row)
{
    return row->first != NULL;
}

/* Between the two: whether anything is to be put in the row from now on. */
static inline void brisk_removals_hear(brisk_removals *row, int heard)
{
    brisk_count_add(&row->heard, (long)heard - brisk_count_get(&row->heard));
}

/* How many could not be noted since the last question. */
static inline long brisk_removals_lost(brisk_removals *row)
{
    long lost = brisk_count_get(&row->lost);
    if (lost != 0)
        brisk_count_add(&row->lost, -lost);
    return lost;
}

static inline void brisk_removals_close(brisk_removals *row)
{
    SSL_SESSION *session;
    if (row == NULL)
        return;
    while ((session = brisk_removals_take(row)) != NULL)
        SSL_SESSION_free(session);
    CRYPTO_THREAD_lock_free(row->lock);
    OPENSSL_free(row);
}

#endif
