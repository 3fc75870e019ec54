#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh SOURCE_DIR - which folder may include which, which may use which library, SPDX lines, file length.
# Prints each violation as file:line: what, and exits 1 if there was one.
set -eu
cd "${1:-.}"

files=$(find host lualib tests scripts CMakeLists.txt -name node_modules -prune -o -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.lua' -o -name '*.cmake' -o -name CMakeLists.txt \) \
    -print | sort)

# The words are file names without blanks; awk sees every file once.
# shellcheck disable=SC2086
awk '
function report(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}
# Is a folder one of these, or below one?
function below(folder, list, tops, i) {
    for (i = split(list, tops, " "); i > 0; i--)
        if (tops[i] == folder "/." || index(folder "/", tops[i] "/") == 1)
            return 1
    return 0
}
# May the file include this header?
function included(path) {
    sub(/\/[^\/]*$/, "", path)
    return path == folder || below(path, may[folder in may ? folder : layer])
}
BEGIN {
    # What the files of a folder may include besides each other: folders with all below them, or, as x/., only the files right in x.
    # A folder that is not here has the rule of the one above it.
    may["base"] = "base"
    may["wire"] = "base wire"
    may["domain"] = "base wire domain/."
    may["domain/address"] = may["domain/schema"] = may["domain"]
    may["domain/proof"] = may["domain"] " domain/address"
    may["domain/config"] = may["domain/proof"] " domain/proof"
    may["domain/manifest"] = may["domain/config"] " domain/schema"
    may["runner"] = may["runner/vm"] = "base wire"
    may["runner/lib"] = may["runner/vm"] " runner/vm"
    may["runner/run"] = may["runner/lib"] " runner/lib"
    may["store"] = "base wire domain store"
    may["net"] = "base wire domain net"
    may["secrets"] = "base wire domain store/. net secrets"
    may["auth"] = may["secrets"] " auth"
    may["deploy"] = may["net"] " store/. deploy"
    may["engine"] = may["auth"] " deploy engine"
    may["serve/door"] = "base domain"
    may["serve/request"] = may["engine"] " serve/door"
    may["serve/stream"] = may["serve/request"] " serve/request"
    may["serve/api"] = may["serve/dialects"] = may["serve/mcp"] = may["serve/stream"] " serve/stream"
    may["serve"] = may["engine"] " serve"
    may["cmd"] = may["serve"] " cmd runner/run"
    may["main"] = may["cmd"]
    # Where a library is used, so that it can be exchanged in one place.
    home["libwebsockets.h"] = home["openssl/ssl.h"] = "serve/door"
    home["sqlite3.h"] = "store/sqlite"
    home["lua.h"] = home["lauxlib.h"] = home["lualib.h"] = home["lua.hpp"] = "runner"
    home["seccomp.h"] = "runner/vm"
    home["curl"] = "net"
    home["pcre2.h"] = "domain/schema"
    home["cjson"] = "base"
    home["openssl"] = "base domain/proof secrets auth serve/door"
    home["uv.h"] = "base store net secrets auth deploy engine serve/door"
}
FNR == 1 {
    check_end()
    name = FILENAME
    licensed = 0
    in_host = FILENAME ~ /^host\/.*\.[ch]$/
    split(FILENAME, parts, "/")
    layer = parts[3] == "" ? "main" : parts[2]
    folder = FILENAME
    sub(/^host\//, "", folder)
    sub(/\/?[^\/]*$/, "", folder)
    if (in_host && !(layer in may))
        report("folder " layer " is in no layer; add it to tests/lint/layers.sh")
}
/SPDX-License-Identifier: MIT/ { licensed = 1 }
in_host && /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    path = $0
    sub(/^[^<"]*[<"]/, "", path)
    sub(/[>"].*/, "", path)
    quoted = $0 ~ /include[ \t]*"/
    count = split(path, steps, "/")
    if (path ~ /\.\./)
        report("include paths start at host/, not at ..: " path)
    else if (quoted && count == 1)
        report("include \"" layer "/" path "\", with its folder")
    else if (quoted && !included(path))
        report((folder in may ? folder : layer) " must not include " path)
    library = path in home ? path : steps[1]
    if (!quoted && library in home && !below(folder, home[library]))
        report(path " is for " home[library] " only")
}
in_host && tolower($0) ~ /sqlite/ && FILENAME !~ /^host\/store\/(sqlite\/|store\.c)/ {
    report("SQLite is named in store/sqlite alone (and where store.c chooses it)")
}
{ lines = FNR }
function check_end() {
    if (name == "")
        return
    if (!licensed) {
        printf "%s:1: no line SPDX-License-Identifier: MIT\n", name
        bad = 1
    }
    if (in_host && lines > 500) {
        printf "%s:%d: longer than 500 lines\n", name, lines
        bad = 1
    }
}
END {
    check_end()
    exit bad
}' $files
