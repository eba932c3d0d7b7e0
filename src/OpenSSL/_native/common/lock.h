/* A lock that can be taken without the interpreter, and what it is made of: what threads
 * share, as compilers and operating systems have it.
 */
#ifndef BRISKTLS_LOCK_H
#define BRISKTLS_LOCK_H

#include <Python.h>
#include <pythread.h>

#ifdef _WIN32
#include <winsock2.h> /* before anything else of Windows */
#else
#include <sched.h>
#endif

/* ---- what threads may share without a lock ------------------------------ */

#if defined(__GNUC__) || defined(__clang__)
#define BRISK_LOAD(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define BRISK_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define BRISK_SWAP(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define BRISK_SWAP_POINTER(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define BRISK_POINTER(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define BRISK_GATE(l) BRISK_POINTER(&(l)->gate)
static inline int brisk_publish(PyThread_type_lock *place, PyThread_type_lock new)
{
    PyThread_type_lock old = NULL;
    return __atomic_compare_exchange_n(
        place, &old, new, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
typedef int brisk_word;
static inline int brisk_swap_if(brisk_word *place, brisk_word old, brisk_word new)
{
    return __atomic_compare_exchange_n(
        place, &old, new, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
#else
/* Everything that is loaded and stored by these is a long, of 32 bits here. */
#define BRISK_LOAD(p) (*(volatile unsigned long *)(p))
#define BRISK_STORE(p, v) (*(volatile unsigned long *)(p) = (v))
#define BRISK_SWAP(p, v) InterlockedExchange((p), (v))
#define BRISK_SWAP_POINTER(p, v) InterlockedExchangePointer((p), (v))
#define BRISK_POINTER(p) (*(void *volatile *)(p))
#define BRISK_GATE(l) BRISK_POINTER(&(l)->gate)
static inline int brisk_publish(PyThread_type_lock *place, PyThread_type_lock new)
{
    return InterlockedCompareExchangePointer(place, new, NULL) == NULL;
}
typedef long brisk_word;
static inline int brisk_swap_if(brisk_word *place, brisk_word old, brisk_word new)
{
    return InterlockedCompareExchange(place, new, old) == old;
}
#endif

static inline void brisk_yield(void)
{
#ifdef _WIN32
    Sleep(0);
#else
    sched_yield();
#endif
}

/* Whether the interpreter is ending: threads that come back to it then never return, and
 * what they hold is never given back. */
static inline int brisk_is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

/* ---- a lock that its owner may enter again ------------------------------
 * Free and nobody waiting: one atomic instruction to enter, one to leave.  The
 * gate is where the others sleep; opened too often, it only wakes them to look.  Who
 * was woken and found the lock taken again is given it the next time: nobody can
 * take a lock that is handed over but those who wait.
 *
 * Who takes it leaves the number of forks that the process has seen in the state:
 * what a thread of the parent held, nobody gives back in the child. */

enum {
    BRISK_FREE = 0,
    BRISK_TAKEN = 1,
    BRISK_AWAITED = 2, /* taken, and somebody sleeps at the gate */
    BRISK_STARVED = 3, /* the same, and was overtaken before */
    BRISK_HANDED = 4,  /* left for those who wait */
    BRISK_STATES = 8,  /* what the number of forks is multiplied by */
    BRISK_FORKS = 0xffffff, /* as much of that number as is kept */
    BRISK_TURNS = 1000 /* that others are given where there is no gate to sleep at */
};

typedef struct {
    unsigned long count;  /* how often this process and its parents were forked */
    unsigned long thread; /* which went on as the only one in the last child; 0 before */
} brisk_forks;

typedef struct {
    brisk_word state;
    brisk_word depth;    /* how often the owner entered; 0 when free */
    unsigned long owner; /* thread that holds it; only a hint to the others */
    PyThread_type_lock gate;
    brisk_word open;     /* whether the gate was opened and nobody has come through yet */
} brisk_lock;

/* ---- a count that a changer waits for to become zero ------------------- */

#if defined(__GNUC__) || defined(__clang__)
#define BRISK_ADD(p, v) __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL)
#define BRISK_COUNT(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#else
#define BRISK_ADD(p, v) (InterlockedExchangeAdd((volatile long *)(p), (v)) + (v))
#define BRISK_COUNT(p) InterlockedExchangeAdd((volatile long *)(p), 0)
#endif

static inline void brisk_count_add(long *count, long change)
{
    BRISK_ADD(count, change);
}

static inline long brisk_count_get(long *count)
{
    return BRISK_COUNT(count);
}

/* Wait for zero; the caller must not hold the interpreter.  What is counted
 * are computations of libssl, which wait for nobody and end soon. */
static inline void brisk_count_wait(long *count)
{
    while (BRISK_COUNT(count) != 0)
        brisk_yield();
}

static inline void brisk_lock_init(brisk_lock *l)
{
    l->state = BRISK_FREE;
    l->owner = 0;
    l->depth = 0;
    l->gate = NULL;
    l->open = 0;
}

/* Wake one of those at the gate, or the next that comes there.  Python lets nobody
 * release what is not locked, and from 3.15 on ends the process. */
static inline void brisk_lock_open_gate(brisk_lock *l)
{
    if (BRISK_SWAP(&l->open, 1) == 0)
        PyThread_release_lock(BRISK_GATE(l));
}

/* A thread that gets through reads the state again and marks it AWAITED, so that a wake-up
 * missed here is delivered when it leaves.  0 when the time ran out, or a signal came; -1 for
 * no bound, when signals do not count. */
static inline int brisk_lock_wait_at_gate(brisk_lock *l, long long microseconds)
{
    if (PyThread_acquire_lock_timed(BRISK_GATE(l), microseconds, microseconds >= 0)
            != PY_LOCK_ACQUIRED)
        return 0;
    BRISK_SWAP(&l->open, 0);
    return 1;
}

static inline void brisk_lock_destroy(brisk_lock *l)
{
    if (l->gate != NULL) {
        brisk_lock_open_gate(l);
        PyThread_free_lock(l->gate);
        l->gate = NULL;
    }
}

/* Whether it was taken before the last fork. */
static inline int brisk_lock_was_forked(brisk_lock *l, const brisk_forks *forks)
{
    brisk_word state = (brisk_word)BRISK_LOAD(&l->state), kind = state % BRISK_STATES;
    return kind != BRISK_FREE && kind != BRISK_HANDED
        && state / BRISK_STATES != (brisk_word)(forks->count & BRISK_FORKS);
}

/* Only the owner can read its own name here, so a stale value is harmless.  In a child
 * new threads may have the names of those that are gone. */
static inline int brisk_lock_is_mine(brisk_lock *l, const brisk_forks *forks)
{
    return BRISK_LOAD(&l->depth) != 0 && BRISK_LOAD(&l->owner) == PyThread_get_thread_ident()
        && (!brisk_lock_was_forked(l, forks) || PyThread_get_thread_ident() == forks->thread);
}

static inline int brisk_lock_is_free(brisk_lock *l)
{
    return BRISK_LOAD(&l->state) == BRISK_FREE;
}

static inline brisk_word brisk_lock_mark(brisk_word state, const brisk_forks *forks)
{
    return state + BRISK_STATES * (brisk_word)(forks->count & BRISK_FORKS);
}

static inline void brisk_lock_taken(brisk_lock *l)
{
    BRISK_STORE(&l->owner, PyThread_get_thread_ident());
    BRISK_STORE(&l->depth, 1);
}

/* 1 when the lock was free and is now ours, else 0; never waits. */
static inline int brisk_lock_try(brisk_lock *l, const brisk_forks *forks)
{
    if (!brisk_swap_if(&l->state, BRISK_FREE, brisk_lock_mark(BRISK_TAKEN, forks)))
        return 0;
    brisk_lock_taken(l);
    return 1;
}

/* Made when somebody has to wait for the first time: most locks never need one.
 * 0 without the memory for it. */
static inline int brisk_lock_build_gate(brisk_lock *l)
{
    PyThread_type_lock gate;
    if (BRISK_GATE(l) != NULL)
        return 1;
    gate = PyThread_allocate_lock();
    if (gate == NULL)
        return 0;
    PyThread_acquire_lock(gate, NOWAIT_LOCK);
    if (!brisk_publish(&l->gate, gate)) {
        PyThread_release_lock(gate);
        PyThread_free_lock(gate);
    }
    return 1;
}

/* Waits; the caller must not hold the interpreter.  1 when the lock is ours; 0 when the
 * time ran out, or a signal came: what was left in the state only wakes somebody for nothing. */
static inline int brisk_lock_wait_for(
    brisk_lock *l, const brisk_forks *forks, long long microseconds)
{
    brisk_word old, taken = brisk_lock_mark(BRISK_TAKEN, forks);
    brisk_word mark = brisk_lock_mark(BRISK_AWAITED, forks);
    if (!brisk_swap_if(&l->state, BRISK_FREE, taken)) {
        if (!brisk_lock_build_gate(l)) {
            for (int turns = 0; !brisk_swap_if(&l->state, BRISK_FREE, taken); turns++) {
                if (microseconds >= 0 && turns == BRISK_TURNS)
                    return 0;
                brisk_yield();
            }
        } else for (;;) {
            old = BRISK_SWAP(&l->state, mark);
            if (old == BRISK_FREE || old == BRISK_HANDED)
                break;
            if (!brisk_lock_wait_at_gate(l, microseconds))
                return 0;
            mark = brisk_lock_mark(BRISK_STARVED, forks);
        }
    }
    brisk_lock_taken(l);
    return 1;
}

static inline void brisk_lock_wait(brisk_lock *l, const brisk_forks *forks)
{
    brisk_lock_wait_for(l, forks, -1);
}

static inline void brisk_lock_again(brisk_lock *l)
{
    BRISK_STORE(&l->depth, l->depth + 1);
}

static inline void brisk_lock_leave(brisk_lock *l)
{
    if (l->depth > 1) {
        BRISK_STORE(&l->depth, l->depth - 1);
        return;
    }
    BRISK_STORE(&l->depth, 0);
    BRISK_STORE(&l->owner, 0);
    if (BRISK_SWAP(&l->state, BRISK_LOAD(&l->state) % BRISK_STATES == BRISK_STARVED
            ? BRISK_HANDED : BRISK_FREE) % BRISK_STATES > BRISK_TAKEN)
        brisk_lock_open_gate(l);
}

#endif
