#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh SOURCE_DIR - who may include whom, which folder may use which library, SPDX lines, file length.
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
# A folder of a layer may be a layer of its own.
function layer_of(folder, below) {
    return (folder "/" below) in may ? folder "/" below : folder
}
BEGIN {
    may["base"] = "base"
    may["domain"] = "base wire domain"
    may["wire"] = "base wire"
    may["runner"] = "base wire runner"
    may["store"] = "base wire domain store"
    may["net"] = "base wire domain net"
    may["secrets"] = "base wire domain store net secrets"
    may["auth"] = "base wire domain store net secrets auth"
    may["deploy"] = "base wire domain store net deploy engine" # engine: until reload.c and check.c know it no more
    may["engine"] = "base wire domain store net secrets auth deploy engine"
    may["serve/door"] = "base domain serve/door"
    may["serve/request"] = may["engine"] " serve/door serve/request"
    may["serve/stream"] = may["serve/request"] " serve/stream"
    may["serve/api"] = may["serve/stream"] " serve/api"
    may["serve/dialects"] = may["serve/stream"] " serve/dialects"
    may["serve"] = may["serve/stream"] " serve/api serve/dialects serve"
    may["cmd"] = may["serve"] " cmd runner"
    may["main"] = may["cmd"]
    home["libwebsockets.h"] = home["ssl.h"] = "serve/door"
    home["sqlite3.h"] = "store"
    home["lua.h"] = home["lauxlib.h"] = home["lualib.h"] = home["lua.hpp"] = "runner"
    home["curl"] = "net"
    home["pcre2.h"] = "domain"
}
FNR == 1 {
    check_end()
    name = FILENAME
    licensed = 0
    in_host = FILENAME ~ /^host\/.*\.[ch]$/
    split(FILENAME, parts, "/")
    layer = parts[3] == "" ? "main" : layer_of(parts[2], parts[3])
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
    else if (quoted && index(" " may[layer] " ", " " layer_of(steps[1], steps[2]) " ") == 0)
        report("layer " layer " must not include " path)
    library = steps[1] == "curl" ? "curl" : steps[count]
    if (!quoted && library in home && home[library] != layer)
        report(path " is for " home[library] " only")
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
