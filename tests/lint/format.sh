#!/bin/sh
# SPDX-License-Identifier: MIT
# format.sh SOURCE_DIR - every .c and .h is as clang-format would write it, no comment is wider than 100 columns, and no text file has
# a tab, a blank at a line's end, or another end than one newline. Prints what is wrong as file:line: what, and exits 1 then.
# clang-format's taste changes from version to version, so only one version's verdict counts: that of Debian 12. Where it is missing
# (Debian 13 has no package of it) the rest is checked. What it finds is repaired by: clang-format-14 -i FILE, but for comments.
set -eu
cd "${1:-.}"
wanted=14
status=0

# files NAME...: our files of these names. What is built, fetched or an input of a fuzz target is not ours to format.
files() {
    set -f
    names=
    for name; do
        names="$names -o -name $name"
    done
    # shellcheck disable=SC2086
    find . -type d \( -name .git -o -name node_modules -o -name 'build*' -o -name data -o -name corpus \) -prune -o \
        -type f \( ${names# -o} \) -print | sort
    set +f
}

all_files() {
    files '*.c' '*.h' '*.lua' '*.mjs' '*.js' '*.sh' '*.md' '*.cmake' '*.json' '*.css' '*.html' CMakeLists.txt '.clang-*'
}

formatter() {
    for one in "clang-format-$wanted" clang-format; do
        case $("$one" --version 2>/dev/null) in
        *"version $wanted."*) echo "$one" && return ;;
        esac
    done
}

clang_format=$(formatter)
if [ -n "$clang_format" ]; then
    files '*.c' '*.h' | xargs -P "$(nproc)" -n 40 "$clang_format" --dry-run --Werror 2>&1 || status=1
else
    echo "clang-format $wanted is not here: only what does not depend on its version is checked"
fi

# clang-format leaves string literals and comments as they are. A literal may be wide, a comment may not.
# shellcheck disable=SC2016
files '*.c' '*.h' | LC_ALL=C xargs awk '
FNR == 1 { inside = 0 }
{
    code = ""
    rest = $0
    while (match(rest, inside ? "\\*/" : "\"([^\"\\\\]|\\\\.)*\"|/\\*")) {
        found = substr(rest, RSTART, RLENGTH)
        code = code substr(rest, 1, RSTART - 1) (found ~ /^"/ ? "\"\"" : found)
        rest = substr(rest, RSTART + RLENGTH)
        if (found !~ /^"/)
            inside = !inside
    }
    text = code rest
    gsub(/[\200-\277]/, "", text) # of a character beyond ASCII one byte counts
    if (length(text) > 100) {
        printf "%s:%d: %d columns, literals not counted; 100 are the limit\n", FILENAME, FNR, length(text)
        bad = 1
    }
}
END { exit bad }' || status=1

# shellcheck disable=SC2016
all_files | xargs awk '
function end_of(name, last) {
    if (name != "" && last == "") {
        printf "%s: ends with an empty line\n", name
        bad = 1
    }
}
FNR == 1 {
    end_of(name, last)
    name = FILENAME
}
/\t/ {
    printf "%s:%d: a tab\n", FILENAME, FNR
    bad = 1
}
/[ \r]$/ {
    printf "%s:%d: a blank at the end\n", FILENAME, FNR
    bad = 1
}
{ last = $0 }
END {
    end_of(name, last)
    exit bad
}' || status=1

# awk cannot tell whether a last line has its newline.
unended=$(all_files |
    while IFS= read -r file; do
        [ -z "$(tail -c 1 "$file")" ] || echo "$file: its last line has no newline"
    done)
[ -z "$unended" ] || { echo "$unended" && status=1; }
exit "$status"
