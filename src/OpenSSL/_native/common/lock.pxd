# Declarations of lock.h: the lock, and what it is made of.

cdef extern from "lock.h" nogil:
    ctypedef struct brisk_lock:
        pass
    ctypedef struct brisk_forks:
        unsigned long count
        unsigned long thread
    void brisk_lock_init(brisk_lock* lock)
    void brisk_lock_destroy(brisk_lock* lock)
    bint brisk_lock_was_forked(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_lock_is_mine(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_lock_is_free(brisk_lock* lock)
    bint brisk_lock_try(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_lock_wait_for(
        brisk_lock* lock, const brisk_forks* forks, long long microseconds)
    void brisk_lock_wait(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_is_finalizing()
    void brisk_lock_again(brisk_lock* lock)
    void brisk_lock_leave(brisk_lock* lock)
    ctypedef int brisk_word
    brisk_word brisk_load "BRISK_LOAD"(brisk_word* place)
    void brisk_store "BRISK_STORE"(brisk_word* place, brisk_word value)
    void* brisk_pointer "BRISK_POINTER"(void** place)
    bint brisk_publish(void** place, void* new)     # once: False where there is something
    bint brisk_swap_if(brisk_word* place, brisk_word old, brisk_word new)
    void brisk_count_add(long* count, long change)
    long brisk_count_get(long* count)
    void brisk_yield()
    void brisk_count_wait(long* count)
