#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh [CTEST ARGUMENT]... - which lines and branches of host/ the unit, api and fault tests execute: builds with gcc --coverage
# into build-coverage/, runs them there (or those that the arguments choose), prints a table by folder. The status is ctest's.
#   sh tests/coverage.sh -R '^unit/engine/'               a part
#   node tests/coverage.mjs build-coverage engine/fire.c  afterwards: that file's lines and branches that were not taken
# Not counted: what a host does that a test kills by SIGKILL, and the runners that a host starts, which may open no file to write
# their counts (runner/vm/sandbox.c). runner/ shows what its unit tests reach inside their own processes.
set -eu
cd "$(dirname "$0")/.."
. tests/build.sh

export LC_ALL=C.UTF-8
folder=build-coverage
[ $# -gt 0 ] || set -- -R '^(unit|api|fault)/'

mkdir -p "$folder"
install_test_packages "$folder/apt.log"
[ -d tests/node_modules ] || install_node_modules
# Store threads count too, hence atomic. Little optimization, as lines that the compiler merges have one count; with none, CPU limits
# that tests rely on are too tight; but then gcc sees ghosts of uninitialized variables.
build "$folder" -DCMAKE_BUILD_TYPE=Coverage -DCMAKE_C_FLAGS="-Og -g --coverage -fprofile-update=atomic -Wno-maybe-uninitialized"

find "$folder" -name '*.gcda' -delete
status=0
ctest --test-dir "$folder" --no-tests=error --output-on-failure -j "$jobs" --output-log "$folder/ctest.log" "$@" >"$folder/ctest.out" ||
    status=$?
tail -n 20 "$folder/ctest.out"
node tests/coverage.mjs "$folder"
exit "$status"
