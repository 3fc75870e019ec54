#!/bin/sh
# SPDX-License-Identifier: MIT
# map.sh SOURCE_DIR - host/README.md is a true map: a heading "### `folder/`" for every folder below host/, in its text a name for every
# file (`door` stands for door.c, door.h and door_*), and no name and no path that leads nowhere. Prints what is wrong, exits 1 then.
set -eu
cd "${1:-.}/host"
{
    find . -type d | sed -n 's|^\./|folder |p'
    find . -type f | sed 's|^\./|file |'
    echo "above"
    find ../lualib ../scripts ../tests -name node_modules -prune -o -type f -print | sed 's|^\.\./|file |'
    find ../lualib ../scripts ../tests -name node_modules -prune -o -type d -print | sed 's|^\.\./|folder |'
} | awk '
function report(text) {
    print "host/README.md:" text
    bad = 1
}
# The part of a path in front of its last slash.
function folder_of(path) {
    return sub(/\/[^\/]*$/, "", path) ? path : "."
}
function covered(folder, stem, names, i, found) {
    for (i = split(folder in mentioned ? mentioned[folder] : "", names, " "); i > 0; i--)
        if (stem == names[i] || index(stem, names[i] "_") == 1)
            used[folder, names[i]] = found = 1
    return found
}
FILENAME == "-" && $1 == "above" { above = 1 }
FILENAME == "-" && $1 == "folder" {
    exists[$2 "/"] = 1
    if (!above)
        folders[$2] = 1
}
FILENAME == "-" && $1 == "file" {
    exists[$2] = 1
    if (!above)
        files[$2] = 1
}
FILENAME == "-" { next }
/^<!-- states -->/ { skip = 1 }
/^<!-- \/states -->/ { skip = 0 }
skip { next }
/^#/ { section = "" }
/^### `[a-z0-9_\/]+\/`/ {
    section = $2
    gsub(/`|\/`.*/, "", section)
    sub(/\/$/, "", section)
    if (!(section in folders))
        report(FNR ": there is no folder " section "/")
    headed[section] = 1
}
{
    rest = $0
    while (match(rest, /`[^`]+`/)) {
        word = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        if (section != "" && word ~ /^[a-z0-9_]+$/) {
            mentioned[section] = mentioned[section] " " word
            line[section, word] = FNR
        } else if (word ~ /^[a-z0-9_]+(\/[a-z0-9_.]+)*\/?$/ && word ~ /\// && word !~ /(^|\/)x\.(c|lua)$/ && !(word in exists)) {
            report(FNR ": " word " is not there")
        }
    }
}
END {
    for (folder in folders)
        if (!(folder in headed))
            report(" folder " folder "/ has no heading")
    for (file in files) {
        stem = file
        sub(/.*\//, "", stem)
        sub(/\..*/, "", stem)
        if (folder_of(file) != "." && !covered(folder_of(file), stem))
            report(" " file " is not named under " folder_of(file) "/")
    }
    for (folder in mentioned) {
        count = split(mentioned[folder], names, " ")
        for (i = 1; i <= count; i++)
            if (!((folder, names[i]) in used))
                report(line[folder, names[i]] ": " folder "/ has no file " names[i])
    }
    exit bad
}' - README.md | sort
