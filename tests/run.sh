#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [CTEST ARGUMENT]... - all tests: installs what they need (Debian, only what is missing), builds with ASan + UBSan into
# build-test/ and once with clang into build-clang/, runs everything through ctest. Last line: "N passed, N failed"; the status is
# not 0 when something failed or nothing ran. Example: sh tests/run.sh -R '^unit/'
set -eu
cd "$(dirname "$0")/.."
. host/packages.sh

export LC_ALL=C.UTF-8
jobs=$(nproc)
passed=0 failed=0

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# A stage that has no sense without the one before it.
give_up() {
    echo "FAILED: $1"
    failed=$((failed + 1))
    finish
}

node_packages() {
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge 18 ] || echo nodejs
    command -v npm >/dev/null 2>&1 || echo npm
}

# build FOLDER CMAKE_OPTION...: quiet unless it fails.
build() {
    folder=$1
    shift
    mkdir -p "$folder"
    [ -f "$folder/CMakeCache.txt" ] || set -- -G Ninja "$@"
    if ! { cmake -S . -B "$folder" "$@" && cmake --build "$folder" --parallel "$jobs"; } >"$folder/build.log" 2>&1; then
        grep -nE -A 12 '(error|Error|ERROR|FAILED):' "$folder/build.log" | head -n 80 || tail -n 80 "$folder/build.log"
        return 1
    fi
}

stage() {
    echo "== $*"
}

stage "packages"
mkdir -p build-test
# shellcheck disable=SC2046,SC2086
install_missing build-test/apt.log $BUILD_PACKAGES libcmocka-dev clang clang-tidy cppcheck lua5.4 lua-check git openssl procps sqlite3 chromium \
    $(node_packages) || give_up "packages"
(cd tests && npm ci --no-audit --no-fund --loglevel=error) || give_up "npm ci"

stage "build with clang: build-clang/"
if build build-clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug; then
    passed=$((passed + 1))
else
    echo "FAILED: build with clang"
    failed=$((failed + 1))
fi

stage "build with ASan and UBSan: build-test/"
build build-test -DMOONTIDE_SANITIZE=ON || give_up "build"

stage "tests"
status=0
ctest --test-dir build-test --output-on-failure --no-tests=error -j "$jobs" --output-log build-test/ctest.log "$@" || status=$?
# ctest closes with "97% tests passed, 1 tests failed out of 42".
summary=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' build-test/ctest.log | tail -n 1)
bad=${summary% *} all=${summary#* }
[ -n "$summary" ] || give_up "ctest ran nothing"
passed=$((passed + all - bad))
failed=$((failed + bad))
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
finish
