/* SPDX-License-Identifier: MIT */
#include "domain/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit count_units[] = {{"", 1}};
static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit size_units[] = {
    {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}};

static bool parse_count(struct text in, int64_t *out)
{
    uint64_t n;
    if (!text_u64(in, &n) || n > INT64_MAX)
        return false;
    *out = (int64_t)n;
    return true;
}

static const struct kind {
    const char *example; /* what is needed */
    bool (*parse)(struct text in, int64_t *out);
    const struct unit *units;
    size_t unit_count;
} kinds[] = {
    [VALUE_COUNT] = {"a whole number", parse_count, count_units, ARRAY_LEN(count_units)},
    [VALUE_DURATION] = {"a duration such as \"30s\"", text_duration_ms, duration_units,
                        ARRAY_LEN(duration_units)},
    [VALUE_SIZE] = {"a size such as \"16MB\"", text_size_bytes, size_units, ARRAY_LEN(size_units)},
};

void value_show(enum value_measure kind, int64_t value, char out[VALUE_TEXT])
{
    const struct kind *k = &kinds[kind];
    size_t i = 0;
    while (i + 1 < k->unit_count && (value == 0 || value % k->units[i].factor != 0))
        i++;
    snprintf(out, VALUE_TEXT, "%lld%s", (long long)(value / k->units[i].factor), k->units[i].name);
}

/* shown: the value as it was written. */
static bool within(enum value_measure kind, int64_t value, int64_t min, int64_t max,
                   struct text shown, struct error *err)
{
    char bound[VALUE_TEXT];
    int len = shown.len > 40 ? 40 : (int)shown.len;
    if (value > max) {
        value_show(kind, max, bound);
        return error_set(err, ERROR_LIMIT, "%.*s is more than the limit of %s", len, shown.data,
                         bound);
    }
    if (value < min) {
        value_show(kind, min, bound);
        return error_set(err, ERROR_LIMIT, "%.*s is less than %s", len, shown.data, bound);
    }
    return true;
}

bool value_from_text(enum value_measure kind, struct text in, int64_t min, int64_t max,
                     int64_t *out, struct error *err)
{
    int64_t value;
    if (!kinds[kind].parse(in, &value))
        return error_set(err, ERROR_INVALID, "%s is needed, not \"%.*s\"", kinds[kind].example,
                         in.len > 40 ? 40 : (int)in.len, in.data ? in.data : "");
    if (!within(kind, value, min, max, in, err))
        return false;
    *out = value;
    return true;
}

static bool from_number(enum value_measure kind, double number, int64_t min, int64_t max,
                        int64_t *out, struct error *err)
{
    if (floor(number) != number)
        return error_set(err, ERROR_INVALID, "%s is needed, not %g", kinds[kind].example, number);
    /* Beyond this doubles have gaps, and no bound is that far out. */
    double most = 9007199254740992.0;
    int64_t value = (int64_t)fmin(fmax(number, -most), most);
    char shown[VALUE_TEXT];
    int len = snprintf(shown, sizeof shown, "%.15g", number);
    if (!within(kind, value, min, max, (struct text){shown, (size_t)len}, err))
        return false;
    *out = value;
    return true;
}

bool value_from_json(enum value_measure kind, const cJSON *in, int64_t min, int64_t max,
                     int64_t *out, struct error *err)
{
    if (cJSON_IsNumber(in) && kind != VALUE_DURATION)
        return from_number(kind, in->valuedouble, min, max, out, err);
    if (cJSON_IsString(in) && kind != VALUE_COUNT)
        return value_from_text(kind, text_of(in->valuestring), min, max, out, err);
    return error_set(err, ERROR_INVALID, "%s is needed, not %s", kinds[kind].example,
                     value_kind(in));
}

bool value_is_function(const cJSON *v)
{
    return cJSON_IsObject(v) && v->child && !v->child->next && cJSON_IsNumber(v->child) &&
           strcmp(v->child->string, "$function") == 0;
}

const char *value_kind(const cJSON *v)
{
    if (!v)
        return "nothing";
    if (value_is_function(v))
        return "a function";
    switch (v->type & 0xff) {
    case cJSON_String:
        return "a string";
    case cJSON_Number:
        return "a number";
    case cJSON_True:
        return "true";
    case cJSON_False:
        return "false";
    case cJSON_NULL:
        return "null";
    case cJSON_Array:
        return v->child ? "a list" : "a table"; /* Lua's {} is both */
    default:
        return "a table";
    }
}
