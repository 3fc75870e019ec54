/* SPDX-License-Identifier: MIT */
#include "runner/vm/last_words.h"

#include "runner/vm/sandbox.h"
#include "runner/vm/tick.h"
#include "runner/vm/vm_state.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

enum { STACK_BYTES = 64 << 10 };

static struct status_page *words_page;
static volatile sig_atomic_t looking;
static sigjmp_buf look_failed;
static char handler_stack[STACK_BYTES]; /* a crash may be the end of the stack */

static void publish(struct status_page *page, struct vm *vm)
{
    char at[VM_AT];
    _Static_assert(sizeof at <= sizeof page->at, "a place fits the page");
    vm_where(vm, vm->shared.running, at);
    memcpy(page->at, at, sizeof at);
    atomic_store_explicit(&page->at_slice, atomic_load_explicit(&page->slice, memory_order_relaxed),
                          memory_order_release);
}

static bool is_said(struct status_page *page)
{
    return atomic_load_explicit(&page->at_slice, memory_order_relaxed) ==
           atomic_load_explicit(&page->slice, memory_order_relaxed);
}

void last_words_if_stuck(struct vm *vm, uint64_t used_ms)
{
    struct status_page *page = words_page;
    if (!page || used_ms <= (uint64_t)vm->cpu_ms + LAST_WORDS_STUCK_MS || is_said(page))
        return;
    if (sigsetjmp(look_failed, 1) == 0) {
        looking = 1;
        publish(page, vm);
    }
    looking = 0;
}

/* Its action is the default one again by now (SA_RESETHAND), also should this crash. */
static void on_crash(int signal)
{
    if (looking) /* nothing but the look went wrong */
        siglongjmp(look_failed, 1);
    struct vm *vm = tick_current();
    if (vm && words_page)
        publish(words_page, vm);
    raise(signal);
}

bool last_words_start(struct status_page *page, struct error *err)
{
    static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    size_t count = SANDBOX_SANITIZED ? 1 : ARRAY_LEN(crashes); /* it handles the others itself */
    words_page = page;
    struct sigaction action = {.sa_handler = on_crash,
                               .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK};
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    sigemptyset(&action.sa_mask);
    if (sigaltstack(&stack, NULL) != 0)
        return error_errno(err, errno, "the stack of crashes");
    for (size_t i = 0; i < count; i++) {
        if (sigaction(crashes[i], &action, NULL) != 0)
            return error_errno(err, errno, "handling signal %d", crashes[i]);
    }
    return true;
}
