/* SPDX-License-Identifier: MIT */
#include "cmd/settings.h"
#include "base/mem.h"
#include "engine/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct flags {
    const char **pairs; /* name, value, …, NULL */
    char **names;       /* the names, to be freed */
    int count;
};

static bool add_flag(struct flags *f, const char *word, const char *value, bool *used_value)
{
    const char *equals = strchr(word, '=');
    char *name = equals ? mem_text_n(word + 2, (size_t)(equals - word - 2)) : mem_text(word + 2);
    f->names[f->count] = name;
    *used_value = !equals;
    if (!equals && !value) {
        fprintf(stderr, "moontide: --%s needs a value\n", name);
        f->count++;
        return false;
    }
    f->pairs[2 * f->count] = name;
    f->pairs[2 * f->count + 1] = equals ? equals + 1 : value;
    f->count++;
    return true;
}

static bool read_flags(int argc, char **argv, struct flags *f, const char **words, int *word_count)
{
    for (int i = 1; i < argc; i++) {
        bool used = false;
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2]) {
            if (!add_flag(f, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used))
                return false;
            i += used;
        } else if (words && word_count) {
            words[(*word_count)++] = argv[i];
        } else {
            fprintf(stderr,
                    "moontide: unexpected word \"%s\"; `moontide %s --help` lists the options\n",
                    argv[i], argv[0]);
            return false;
        }
    }
    return true;
}

/* The scripts folder must be known before its host.lua can be read: a first pass without it. */
static struct config *resolve(const struct flags *f, struct error *err)
{
    cJSON *table = NULL;
    struct config *first = config_new(NULL, environ, f->pairs, err);
    if (!first)
        return NULL;
    if (!check_host_lua(first->scripts, &table, err)) {
        config_free(first);
        return NULL;
    }
    if (!table)
        return first;
    config_free(first);
    struct config *c = config_new(table, environ, f->pairs, err);
    cJSON_Delete(table);
    return c;
}

struct config *settings_read(int argc, char **argv, const char **words, int *word_count)
{
    struct flags f = {mem_zero(2 * (size_t)argc + 1, sizeof(char *)),
                      mem_zero((size_t)argc + 1, sizeof(char *)), 0};
    struct config *c = NULL;
    struct error err = {0};
    if (word_count)
        *word_count = 0;
    if (read_flags(argc, argv, &f, words, word_count)) {
        c = resolve(&f, &err);
        if (!c)
            fprintf(stderr, "moontide: %s\n", err.text);
    }
    for (int i = 0; i < f.count; i++)
        free(f.names[i]);
    free(f.names);
    free(f.pairs);
    return c;
}

void settings_help(void)
{
    puts(
        "Each setting is a flag (--limits-cpu 5s), an environment variable (MOONTIDE_LIMITS_CPU=5s) and a field of\n"
        "SCRIPTS/host.lua (return { limits = { cpu = \"5s\" } }); flags win over the environment, that over the file.\n");
    for (const struct config_row *row = config_rows(); row->name; row++) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s", row->name);
        for (char *c = flag; *c; c++)
            if (*c == '.' || *c == '_')
                *c = '-';
        printf("  %-28s %s\n  %-28s default %s, %s\n", flag, row->help, "",
               row->fallback && row->fallback[0] ? row->fallback : "none", row->bounds);
    }
}
