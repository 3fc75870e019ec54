/* SPDX-License-Identifier: MIT */
#include "cmd/settings.h"
#include "base/mem.h"
#include "cmd/compile.h"
#include "domain/manifest/lua_line.h"
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

/* ---- where in host.lua a mistake stands */

static const char script_name[] = "scripts/host.lua: ";
enum { SCRIPT_BYTES = 64 << 10 };

/* What a script returns is the last that it says. */
static int line_of_return(struct text source)
{
    int line = 1, found = 1;
    for (struct text rest = source; rest.data; line++) {
        struct text row = text_trim(text_cut(&rest, '\n'));
        if (text_starts(row, "return"))
            found = line;
    }
    return found;
}

/* "scripts/host.lua: jwt.keys: …" gets its line, and so does "jwt: …" where the file sets it. */
static void add_line(const char *scripts, const cJSON *table, struct error *err)
{
    char path[4096], source[SCRIPT_BYTES];
    size_t prefix = sizeof script_name - 1;
    bool named = strncmp(err->text, script_name, prefix) == 0;
    struct text rest = text_of(named ? err->text + prefix : err->text);
    struct text field = text_cut(&rest, ':');
    char *name = mem_text_n(field.data, field.len), *why = mem_text(rest.data ? rest.data : "");
    snprintf(path, sizeof path, "%s/host.lua", scripts);
    FILE *file = named || json_path(table, name) ? fopen(path, "re") : NULL;
    if (file && rest.data) {
        struct text text = {source, fread(source, 1, sizeof source, file)};
        int line = lua_line_find(text, line_of_return(text), name);
        error_set(err, err->code, "scripts/host.lua:%d: %s:%s", line, name, why);
    }
    if (file)
        fclose(file);
    free(name);
    free(why);
}

/* ---- from all sources */

static struct config *resolve(const struct flags *f, struct error *err)
{
    cJSON *table = NULL;
    struct config *c = NULL;
    char *scripts = config_scripts(environ, f->pairs, err);
    if (scripts && compile_host_lua(scripts, &table, err)) {
        c = config_new(table, environ, f->pairs, err);
        if (!c && table)
            add_line(scripts, table, err);
    }
    cJSON_Delete(table);
    free(scripts);
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
        "Each setting is a flag (--limits-cpu 5s), an environment variable (MOONTIDE_LIMITS_CPU=5s) and\n"
        "a field of SCRIPTS/host.lua (return { limits = { cpu = \"5s\" } }); flags win over the\n"
        "environment, that over the file. They are read at the start: a changed host.lua counts from the\n"
        "next one. A list is separated by commas in flags and the environment.\n");
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
