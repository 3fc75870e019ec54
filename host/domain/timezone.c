/* SPDX-License-Identifier: MIT */
#include "domain/timezone.h"

#include "base/mem.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES = 64, LINKS_MAX = 8, FILE_BYTES = 1 << 20 };
static const char database[] = "/usr/share/zoneinfo/tzdata.zi";

struct zone {
    char *name;
    char *target; /* of a link, else NULL */
};

struct timezones {
    struct zone *zones; /* sorted by name, case folded */
    size_t count, cap;
};

static int compare(const void *a, const void *b)
{
    return strcasecmp(((const struct zone *)a)->name, ((const struct zone *)b)->name);
}

static void add_zone(struct timezones *z, struct text name, struct text target)
{
    if (z->count == z->cap) {
        z->cap = z->cap ? z->cap * 2 : 256;
        z->zones = mem_grow(z->zones, z->cap * sizeof *z->zones);
    }
    z->zones[z->count++] = (struct zone){mem_text_n(name.data, name.len),
                                         target.data ? mem_text_n(target.data, target.len) : NULL};
}

struct timezones *timezones_parse(struct text zi)
{
    struct timezones *z = mem_zero(1, sizeof *z);
    while (zi.data) {
        struct text line = text_cut(&zi, '\n'), kind = text_cut(&line, ' ');
        struct text first = text_cut(&line, ' '), second = text_cut(&line, ' ');
        if (text_is(kind, "Z") && first.len)
            add_zone(z, first, TEXT_NONE);
        else if (text_is(kind, "L") && first.len && second.len)
            add_zone(z, second, first);
    }
    if (z->count)
        qsort(z->zones, z->count, sizeof *z->zones, compare);
    return z;
}

void timezones_free(struct timezones *z)
{
    if (!z)
        return;
    for (size_t i = 0; i < z->count; i++) {
        free(z->zones[i].name);
        free(z->zones[i].target);
    }
    free(z->zones);
    free(z);
}

const char *timezones_find(const struct timezones *z, const char *name)
{
    struct zone wanted = {.name = (char *)name};
    for (int hop = 0; hop < LINKS_MAX && z->count; hop++) { /* a link may lead to a link */
        const struct zone *found = bsearch(&wanted, z->zones, z->count, sizeof wanted, compare);
        if (!found || !found->target)
            return found ? found->name : NULL;
        wanted.name = found->target;
    }
    return NULL;
}

bool timezone_shape_ok(const char *name)
{
    struct text rest = text_of(name);
    if (rest.len > NAME_BYTES || (!strchr(name, '/') && strcmp(name, "UTC") != 0))
        return false;
    while (rest.data) {
        struct text part = text_cut(&rest, '/');
        if (part.len == 0)
            return false;
        for (size_t i = 0; i < part.len; i++) {
            char c = part.data[i];
            bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            bool other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
            if (!letter && (i == 0 || !other))
                return false;
        }
    }
    return true;
}

/* ---- the system's list: read once, constant from then on */

static struct timezones *system_zones;
static pthread_once_t system_once = PTHREAD_ONCE_INIT;

static void read_system(void)
{
    FILE *file = fopen(database, "re");
    if (!file)
        return;
    char *bytes = mem_alloc(FILE_BYTES);
    size_t len = fread(bytes, 1, FILE_BYTES, file);
    if (!ferror(file))
        system_zones = timezones_parse((struct text){bytes, len});
    fclose(file);
    free(bytes);
}

const char *timezone_canonical(const char *name)
{
    pthread_once(&system_once, read_system);
    if (system_zones && system_zones->count)
        return timezones_find(system_zones, name);
    return timezone_shape_ok(name) ? name : NULL;
}
