#!/bin/sh
# SPDX-License-Identifier: MIT
# clang_tidy.sh SOURCE_DIR BUILD_DIR - .clang-tidy's checks over every .c of host/; BUILD_DIR has compile_commands.json.
set -eu
cd "${1:-.}"
build=${2:-build-test}
command -v clang-tidy >/dev/null || { echo "clang-tidy is missing: apt-get install clang-tidy" && exit 1; }
# One file a process: a finding then does not depend on the files before it. gcc's warning flags are not clang's.
find host -name '*.c' -print | sort |
    xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option 2>/dev/null
