/* A clock for libssl that can be turned: loaded before it, for tests of DTLS's timers and of
   the age of tickets.  It stands still but for that, so that a busy machine changes nothing.  */

#define _GNU_SOURCE
#include <sys/time.h>
#include <time.h>

long long conformance_turned = 0;   /* microseconds */
static time_t start = 0;

__attribute__((constructor)) static void begin(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    start = now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = start + conformance_turned / 1000000;
    now->tv_usec = conformance_turned % 1000000;
    return 0;
}

time_t time(time_t *at)
{
    time_t now = start + (time_t)(conformance_turned / 1000000);
    if (at)
        *at = now;
    return now;
}
