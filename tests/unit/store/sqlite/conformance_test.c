/* SPDX-License-Identifier: MIT */
/* The store in a SQLite file does what every store must. */
#include "store/conformance/conformance.h"
#include "test.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* ---- faults: the linker puts this in front of sqlite3_step */

static _Atomic int steps_left; /* until the fault; 0: none comes */
static _Atomic int fault_kind;

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    bool writes = sqlite3_txn_state(db, NULL) == SQLITE_TXN_WRITE ||
                  strcmp(sqlite3_sql(statement), "BEGIN IMMEDIATE") == 0;
    if (!writes || steps_left == 0 || --steps_left > 0)
        return __real_sqlite3_step(statement);
    if (fault_kind == FAULT_KILL)
        kill(getpid(), SIGKILL);
    return SQLITE_FULL;
}

static void set_fault(unsigned nth, enum store_fault fault)
{
    fault_kind = (int)fault;
    steps_left = fault == FAULT_NONE ? 0 : (int)nth;
}

int main(void)
{
    static const struct store_factory factory = {
        .name = "sqlite",
        .open = store_open,
        .keeps = true,
        .beside = true,
        .fault = set_fault,
    };
    return conformance_run(&factory);
}
