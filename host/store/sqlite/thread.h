/* SPDX-License-Identifier: MIT */
/* thread.h - a thread with the lock and the condition variable of its queue. Owner: writer or
 * reader. Thread: as said at each function. */
#pragma once
#include "base/error.h"
#include <pthread.h>

struct thread {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t id;
    bool running;
    bool stopping; /* guarded by lock */
    void (*run)(void *arg);
    void *arg;
};

void thread_init(struct thread *t, void (*run)(void *arg), void *arg);
void thread_done(struct thread *t); /* once it does not run */
/* Signals are blocked in the thread: they are the loop's. */
bool thread_start(struct thread *t, const char *name, struct error *err) MUST_CHECK;
/* Lets the thread finish what is queued and joins it. Harmless when it does not run. */
void thread_stop(struct thread *t);
void thread_lock(struct thread *t);
void thread_unlock(struct thread *t);
void thread_wake(struct thread *t); /* something was queued; the caller holds the lock */
/* In the thread, with the lock held and the queue empty: sleeps until there may be work. False: no
 * more will come. */
bool thread_wait(struct thread *t);
