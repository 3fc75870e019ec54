/* SPDX-License-Identifier: MIT */
/* command.h - the commands of the binary, one file each: struct command first in the file, then its
 * code. main.c has the table. */
#pragma once

struct command {
    const char *name;
    const char *summary; /* one line of `moontide --help` */
    const char *help;    /* the whole of `moontide NAME --help`, printed as it is; NULL: made by
                            `print_help` */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status: 0
                                          fine, 1 failed, 2 usage */
    void (*print_help)(void);
    int hidden;
};

extern const struct command command_serve, command_check, command_trigger, command_runs,
    command_key, command_secret, command_webhook, command_dev, command_runner;
