/* SPDX-License-Identifier: MIT */
#include "domain/schema/regex_class.h"

#include <stdio.h>
#include <string.h>

/* WhiteSpace and LineTerminator: Unicode's Zs, and U+FEFF. */
#define BLANKS                                                                  \
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}" \
    "\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_BLANKS                                                                    \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"   \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

const char regex_class_dot[] = "^\\x{a}\\x{d}\\x{2028}\\x{2029}";

const char *regex_class(char letter)
{
    static const struct {
        char letter;
        const char *set;
    } classes[] = {
        {'d', "0-9"},
        {'D', "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}"},
        {'s', BLANKS},
        {'S', NO_BLANKS},
        {'w', "0-9A-Z_a-z"},
        {'W', "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (classes[i].letter == letter)
            return classes[i].set;
    }
    return NULL;
}

/* General categories by both their names (Unicode, PropertyValueAliases). */
static const struct {
    const char *value, *alias;
} categories[] = {
    {"L", "Letter"},
    {"Lu", "Uppercase_Letter"},
    {"Ll", "Lowercase_Letter"},
    {"Lt", "Titlecase_Letter"},
    {"Lm", "Modifier_Letter"},
    {"Lo", "Other_Letter"},
    {"M", "Mark"},
    {"M", "Combining_Mark"},
    {"Mn", "Nonspacing_Mark"},
    {"Mc", "Spacing_Mark"},
    {"Me", "Enclosing_Mark"},
    {"N", "Number"},
    {"Nd", "Decimal_Number"},
    {"Nd", "digit"},
    {"Nl", "Letter_Number"},
    {"No", "Other_Number"},
    {"P", "Punctuation"},
    {"P", "punct"},
    {"Pc", "Connector_Punctuation"},
    {"Pd", "Dash_Punctuation"},
    {"Ps", "Open_Punctuation"},
    {"Pe", "Close_Punctuation"},
    {"Pi", "Initial_Punctuation"},
    {"Pf", "Final_Punctuation"},
    {"Po", "Other_Punctuation"},
    {"S", "Symbol"},
    {"Sm", "Math_Symbol"},
    {"Sc", "Currency_Symbol"},
    {"Sk", "Modifier_Symbol"},
    {"So", "Other_Symbol"},
    {"Z", "Separator"},
    {"Zs", "Space_Separator"},
    {"Zl", "Line_Separator"},
    {"Zp", "Paragraph_Separator"},
    {"C", "Other"},
    {"Cc", "Control"},
    {"Cc", "cntrl"},
    {"Cf", "Format"},
    {"Cn", "Unassigned"},
    {"Co", "Private_Use"},
};

static const char *const binaries[] = {"Any",
                                       "ASCII",
                                       "Alphabetic",
                                       "Dash",
                                       "Emoji",
                                       "Hex_Digit",
                                       "ID_Continue",
                                       "ID_Start",
                                       "Ideographic",
                                       "Lowercase",
                                       "Math",
                                       "Uppercase",
                                       "White_Space",
                                       "XID_Continue",
                                       "XID_Start",
                                       "Diacritic",
                                       "Extender",
                                       "Emoji_Presentation",
                                       "Extended_Pictographic",
                                       "ASCII_Hex_Digit"};

static bool category(struct text name, char *out, size_t cap)
{
    for (size_t i = 0; i < ARRAY_LEN(categories); i++) {
        if (text_is(name, categories[i].value) || text_is(name, categories[i].alias)) {
            snprintf(out, cap, "%s", categories[i].value);
            return true;
        }
    }
    return false;
}

static bool binary(struct text name, char *out, size_t cap)
{
    for (size_t i = 0; i < ARRAY_LEN(binaries); i++) {
        if (text_is(name, binaries[i])) {
            snprintf(out, cap, "%s", binaries[i]);
            return true;
        }
    }
    return false;
}

bool regex_property(struct text name, char *out, size_t cap)
{
    if (!memchr(name.data, '=', name.len))
        return category(name, out, cap) || binary(name, out, cap);
    struct text key = text_cut(&name, '=');
    if (text_is(key, "General_Category") || text_is(key, "gc"))
        return category(name, out, cap);
    bool script = text_is(key, "Script") || text_is(key, "sc");
    if (!script && !text_is(key, "Script_Extensions") && !text_is(key, "scx"))
        return false;
    int len = snprintf(out, cap, "%s:%.*s", script ? "sc" : "scx", (int)name.len, name.data);
    return name.len > 0 && len > 0 && (size_t)len < cap;
}
