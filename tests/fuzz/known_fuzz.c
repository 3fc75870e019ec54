/* SPDX-License-Identifier: MIT */
/* What a body may say of itself: KIND BYTE, then text.
 *   a to j   a format of schemas: what it accepts it accepts for good reasons
 *   z        a time zone         l  a language        k  a body with known fields
 *   w        a form              q  a query string */
#include "fuzz.h"

#include "base/json.h"
#include "domain/form.h"
#include "domain/known_fields.h"
#include "domain/schema/format.h"
#include "domain/timezone.h"

static void fuzz_format(int which, struct text in)
{
    const struct format *f = format_find(format_names()[which]);
    if (!f->ok(in))
        return;
    FUZZ_CHECK(in.len > 0, "%s: nothing", f->name);
    for (size_t i = 0; i < in.len; i++) /* all of them are ASCII without blanks, but quoted mail */
        FUZZ_CHECK(in.data[i] > ' ' || (in.data[i] == ' ' && strcmp(f->name, "email") == 0),
                   "%s: byte %02x", f->name, (unsigned char)in.data[i]);
}

static void fuzz_timezone(struct text in)
{
    char name[128];
    if (in.len >= sizeof name || memchr(in.data, '\0', in.len))
        return;
    snprintf(name, sizeof name, "%.*s", (int)in.len, in.data);
    const char *zone = timezone_canonical(name);
    if (!zone)
        return;
    FUZZ_CHECK(!strstr(zone, "..") && zone[0] != '/', "a path: %s", zone);
    FUZZ_CHECK(strcmp(timezone_canonical(zone), zone) == 0, "%s is not canonical", zone);
}

static void fuzz_language(struct text in)
{
    char code[8];
    if (in.len >= sizeof code || memchr(in.data, '\0', in.len))
        return;
    snprintf(code, sizeof code, "%.*s", (int)in.len, in.data);
    const char *found = known_fields_language(code);
    FUZZ_CHECK(!found || (strlen(found) == 2 && in.len == 2), "%s", code);
}

static void fuzz_body(struct text in)
{
    struct error err = {0};
    struct known_fields known;
    char field[32];
    cJSON *body = json_parse(in, &err);
    memset(field, 'x', sizeof field);
    if (body && !known_fields_check(body, &known, field, sizeof field, &err)) {
        FUZZ_CHECK(memchr(field, '\0', sizeof field), "the place does not end");
        FUZZ_CHECK(field[0] == '/' || !field[0], "no JSON pointer: %s", field);
        FUZZ_CHECK(text_utf8_ok(text_of(err.text)), "a reason that is not UTF-8");
    } else if (body && known.context) {
        struct buf b;
        buf_init(&b, 16 << 20);
        known_fields_put_context(&b, known.context);
        cJSON *context = json_parse(buf_view(&b), &err);
        FUZZ_CHECK(context, "%s", err.text);
        cJSON_Delete(context);
        buf_done(&b);
    }
    cJSON_Delete(body);
}

static void fuzz_form(struct text in)
{
    struct error err = {0};
    cJSON *form = form_parse(in, &err);
    FUZZ_CHECK(form || err.text[0], "refused without a reason");
    for (const cJSON *v = form ? form->child : NULL; v; v = v->next)
        FUZZ_CHECK(cJSON_IsString(v) && text_utf8_ok(text_of(v->valuestring)) &&
                       text_utf8_ok(text_of(v->string)) && json_get(form, v->string) == v,
                   "field %s", v->string);
    cJSON_Delete(form);
}

static void fuzz_query(struct text in)
{
    struct text name = fuzz_part(&in);
    char out[64], wanted[64];
    snprintf(wanted, sizeof wanted, "%.*s", (int)(name.len < 32 ? name.len : 32), name.data);
    int times = text_query(in.data ? in : TEXT(""), wanted, out, sizeof out);
    FUZZ_CHECK(times < 0 || memchr(out, '\0', sizeof out), "the value does not end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint8_t kind = fuzz_u8(&in);
    char *own = fuzz_copy(in);
    in.data = own;
    if (kind >= 'a' && kind <= 'j')
        fuzz_format(kind - 'a', in);
    else if (kind == 'z')
        fuzz_timezone(in);
    else if (kind == 'l')
        fuzz_language(in);
    else if (kind == 'k')
        fuzz_body(in);
    else if (kind == 'w')
        fuzz_form(in);
    else if (kind == 'q')
        fuzz_query(in);
    free(own);
    return 0;
}
