#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [CTEST ARGUMENT]... - all tests: installs what they need (Debian, only what is missing), builds with ASan + UBSan into
# build-test/ and once with clang into build-clang/, runs everything through ctest. Last line: "N passed, N failed"; the status is
# not 0 when something failed or nothing ran. Example: sh tests/run.sh -R '^unit/'
set -eu
cd "$(dirname "$0")/.."
. tests/build.sh

export LC_ALL=C.UTF-8
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

stage() {
    echo "== $*"
}

stage "packages"
mkdir -p build-test
install_test_packages build-test/apt.log clang clang-format clang-tidy cppcheck lua5.4 lua-check chromium || give_up "packages"
install_node_modules || give_up "npm ci"

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
