/* Which callbacks a thread is in that libssl asks in the middle of a list of its own.
 *
 * Nothing may change such a list meanwhile, so the Contexts stay announced as being looked at;
 * and this thread must not wait for anybody who waits for that.  What is in here is a list of
 * nodes of the heap, not of the stack: greenlets take turns on one stack.
 */
#ifndef BRISKTLS_WALKING_H
#define BRISKTLS_WALKING_H

#include <stdlib.h>

#include "stack.h" /* BRISK_OF_THREAD */

typedef struct brisk_walk {
    const void *parts[3]; /* a Connection and its Contexts */
    struct brisk_walk *next;
} brisk_walk;

static BRISK_OF_THREAD brisk_walk *brisk_walks;

/* NULL without memory. */
static inline brisk_walk *brisk_walk_begin(
    const void *connection, const void *first, const void *context)
{
    brisk_walk *walk = malloc(sizeof(*walk));
    if (walk != NULL) {
        walk->parts[0] = connection;
        walk->parts[1] = first;
        walk->parts[2] = context;
        walk->next = brisk_walks;
        brisk_walks = walk;
    }
    return walk;
}

/* By the thread that began it; others may have begun and ended since, and not in order. */
static inline void brisk_walk_end(brisk_walk *walk)
{
    brisk_walk **place = &brisk_walks;
    if (walk == NULL)
        return;
    while (*place != NULL && *place != walk)
        place = &(*place)->next;
    if (*place == walk)
        *place = walk->next;
    free(walk);
}

/* Whether this thread is in such a callback of it. */
static inline int brisk_walks_in(const void *part)
{
    const brisk_walk *walk;
    for (walk = brisk_walks; walk != NULL; walk = walk->next)
        if (walk->parts[0] == part || walk->parts[1] == part || walk->parts[2] == part)
            return 1;
    return 0;
}

#endif
