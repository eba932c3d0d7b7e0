/* Which call of OpenSSL a thread is in: a signature is asked for without an SSL, and what its
 * function raises belongs to that call.
 *
 * The Carrier is borrowed from the call.  A hook puts NULL in its place and gives it back: what
 * runs inside belongs to calls of its own, whatever greenlet makes them.
 */
#ifndef BRISKTLS_RUNNING_H
#define BRISKTLS_RUNNING_H

#include "stack.h" /* BRISK_OF_THREAD */

static BRISK_OF_THREAD void *brisk_carrier;

/* Say which call the thread is in from now on; which it was in. */
static inline void *brisk_run_for(void *carrier)
{
    void *before = brisk_carrier;
    brisk_carrier = carrier;
    return before;
}

static inline void *brisk_runs_for(void)
{
    return brisk_carrier;
}

#endif
