/* How much is left of the running thread's C stack.
 *
 * Callbacks are bounded by that and not by their number: greenlets take turns on one
 * thread's stack, and a count of theirs would be of all that wait in one.
 */
#ifndef BRISKTLS_STACK_H
#define BRISKTLS_STACK_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
#include <intrin.h>
#define BRISK_OF_THREAD __declspec(thread)
#define BRISK_STACK_POINTER ((uintptr_t)_AddressOfReturnAddress())
#else
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#define BRISK_OF_THREAD _Thread_local
#define BRISK_STACK_POINTER ((uintptr_t)__builtin_frame_address(0))
#endif
#if defined(__FreeBSD__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif
#if defined(__linux__) && !defined(__GLIBC__)
#include <sys/syscall.h>
#define BRISK_IS_FIRST_THREAD (syscall(SYS_gettid) == getpid())
#else
#define BRISK_IS_FIRST_THREAD 0
#endif

/* What a thread of POSIX says of itself.  0 where it says nothing. */
#if defined(__linux__) || defined(__GLIBC__) || defined(__FreeBSD__)
static inline int brisk_stack_told(uintptr_t *low, uintptr_t *high)
{
    pthread_attr_t told;
    void *start = NULL;
    size_t size = 0, guard = 0;
    struct rlimit most;
    int good;
#ifdef __FreeBSD__
    if (pthread_attr_init(&told) != 0)
        return 0;
    good = pthread_attr_get_np(pthread_self(), &told) == 0;
#else
    if (pthread_getattr_np(pthread_self(), &told) != 0)
        return 0;
    good = 1;
#endif
    good = good && pthread_attr_getstack(&told, &start, &size) == 0
        && pthread_attr_getguardsize(&told, &guard) == 0 && guard < size;
    pthread_attr_destroy(&told);
    *high = (uintptr_t)start + size;
    *low = (uintptr_t)start + guard; /* some count the guard as a part of the stack */
    if (good && BRISK_IS_FIRST_THREAD) {
        /* musl tells how large it has grown so far, not how large it may. */
        good = getrlimit(RLIMIT_STACK, &most) == 0 && most.rlim_cur != RLIM_INFINITY
            && most.rlim_cur < *high;
        *low = *high - (uintptr_t)most.rlim_cur;
    }
    return good;
}
#elif defined(__APPLE__)
static inline int brisk_stack_told(uintptr_t *low, uintptr_t *high)
{
    *high = (uintptr_t)pthread_get_stackaddr_np(pthread_self());
    *low = *high - pthread_get_stacksize_np(pthread_self());
    return 1;
}
#elif defined(__OpenBSD__)
static inline int brisk_stack_told(uintptr_t *low, uintptr_t *high)
{
    stack_t told;
    if (pthread_stackseg_np(pthread_self(), &told) != 0)
        return 0;
    *high = (uintptr_t)told.ss_sp;
    *low = *high - told.ss_size;
    return 1;
}
#elif defined(_WIN32)
static inline int brisk_stack_told(uintptr_t *low, uintptr_t *high)
{
    ULONG_PTR bottom, top;
    GetCurrentThreadStackLimits(&bottom, &top);
    *low = bottom;
    *high = top;
    return 1;
}
#else
static inline int brisk_stack_told(uintptr_t *low, uintptr_t *high)
{
    *low = *high = 0;
    return 0;
}
#endif

/* Bytes of stack that are left here; SIZE_MAX where nobody can tell. */
static inline size_t brisk_stack_left(void)
{
    static BRISK_OF_THREAD uintptr_t low, high;
    static BRISK_OF_THREAD int asked;
    uintptr_t here = BRISK_STACK_POINTER;
    if (!asked) {
        asked = 1;
        if (!brisk_stack_told(&low, &high))
            low = high = 0;
    }
    /* Elsewhere: a coroutine may have a stack of its own. */
    return here < low || here >= high ? SIZE_MAX : (size_t)(here - low);
}

#endif
