/* Memory for the records of a burst, kept for the next burst of any connection.
 *
 * It is larger than what malloc keeps: asked for again each time, the system would have to give
 * and clear each of its pages again, which costs more than the encryption.  What is kept is
 * bounded for the whole process, and there is nothing in it but what was encrypted.
 */
#ifndef BRISKTLS_SPARES_H
#define BRISKTLS_SPARES_H

#include "lock.h"

#include <stdlib.h>

#define BRISK_SPARES 4
/* Sixteen records, and what ciphers add to these. */
#define BRISK_SPARE_SIZE ((size_t)16 * (16384 + 32) + 512)

static void *brisk_spares[BRISK_SPARES];

/* So many bytes, or NULL where there is no memory. */
static inline char *brisk_take_spare(void)
{
    void *found;
    int at;
    for (at = 0; at < BRISK_SPARES; at++) {
        found = BRISK_SWAP_POINTER(&brisk_spares[at], NULL);
        if (found != NULL)
            return (char *)found;
    }
    return (char *)malloc(BRISK_SPARE_SIZE);
}

/* The one that was used last comes first: it is still in the processor's cache. */
static inline void brisk_give_spare(char *given)
{
    void *rest = given;
    int at;
    for (at = 0; at < BRISK_SPARES && rest != NULL; at++)
        rest = BRISK_SWAP_POINTER(&brisk_spares[at], rest);
    free(rest);
}

#endif
