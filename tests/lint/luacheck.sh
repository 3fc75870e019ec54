#!/bin/sh
# SPDX-License-Identifier: MIT
# luacheck.sh SOURCE_DIR - the Lua of the repository against .luacheckrc: no globals, nothing unused, no long lines.
set -eu
cd "${1:-.}"
command -v luacheck >/dev/null || { echo "luacheck is missing: apt-get install lua-check" && exit 1; }
folders=
for folder in lualib scripts tests/lua; do
    [ ! -d "$folder" ] || folders="$folders $folder"
done
# shellcheck disable=SC2086
exec luacheck --quiet --no-color $folders
