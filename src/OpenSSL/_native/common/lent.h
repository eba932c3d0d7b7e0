/* Second descriptors of sockets that threads wait on: a child of a fork has them too, and no
 * thread that would close them.
 */
#ifndef BRISKTLS_LENT_H
#define BRISKTLS_LENT_H

#include "lock.h"
#include "platform.h"

#define BRISK_LENT 64
#define BRISK_FULL (-1)

#ifdef _WIN32
/* There is no fork. */
static inline int brisk_lend(brisk_fd fd) { (void)fd; return 0; }
static inline void brisk_take_back(int place) { (void)place; }
static inline void brisk_close_lent(void) {}
#else
static brisk_word brisk_lent[BRISK_LENT]; /* a descriptor and one; 0 where there is none */

/* Note a descriptor; where, or BRISK_FULL: then it is not to be waited on. */
static inline int brisk_lend(brisk_fd fd)
{
    for (int place = 0; place < BRISK_LENT; place++)
        if (BRISK_LOAD(&brisk_lent[place]) == 0 && brisk_swap_if(&brisk_lent[place], 0, fd + 1))
            return place;
    return BRISK_FULL;
}

/* Before it is closed: its number may be another file's afterwards. */
static inline void brisk_take_back(int place)
{
    BRISK_SWAP(&brisk_lent[place], 0);
}

/* In a child. */
static inline void brisk_close_lent(void)
{
    for (int place = 0; place < BRISK_LENT; place++) {
        brisk_word noted = BRISK_SWAP(&brisk_lent[place], 0);
        if (noted != 0)
            brisk_close(noted - 1);
    }
}
#endif

#endif
