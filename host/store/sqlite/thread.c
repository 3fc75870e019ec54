/* SPDX-License-Identifier: MIT */
#include "store/sqlite/thread.h"

#include <signal.h>

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    t->run(t->arg);
    return NULL;
}

void thread_init(struct thread *t, void (*run)(void *arg), void *arg)
{
    *t = (struct thread){.run = run, .arg = arg};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->more, NULL);
}

void thread_done(struct thread *t)
{
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->more);
}

bool thread_start(struct thread *t, const char *name, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&t->id, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return error_errno(err, rc, "starting the thread %s", name);
    pthread_setname_np(t->id, name);
    t->running = true;
    return true;
}

void thread_stop(struct thread *t)
{
    if (!t->running)
        return;
    thread_lock(t);
    t->stopping = true;
    pthread_cond_signal(&t->more);
    thread_unlock(t);
    pthread_join(t->id, NULL);
    t->running = false;
}

void thread_lock(struct thread *t)
{
    pthread_mutex_lock(&t->lock);
}

void thread_unlock(struct thread *t)
{
    pthread_mutex_unlock(&t->lock);
}

void thread_wake(struct thread *t)
{
    pthread_cond_signal(&t->more);
}

bool thread_wait(struct thread *t)
{
    if (t->stopping)
        return false;
    pthread_cond_wait(&t->more, &t->lock);
    return true;
}
