# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# build.sh - to be read by run.sh and coverage.sh, from the project's folder: what the tests need, and how their builds are made.
. host/packages.sh

jobs=$(nproc)

node_packages() {
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge 18 ] || echo nodejs
    command -v npm >/dev/null 2>&1 || echo npm
}

# install_test_packages LOG PACKAGE...: what every test needs, and PACKAGES.
install_test_packages() {
    packages_log=$1
    shift
    # shellcheck disable=SC2046,SC2086
    install_missing "$packages_log" $BUILD_PACKAGES libcmocka-dev git openssl procps sqlite3 $(node_packages) "$@"
}

install_node_modules() {
    (cd tests && npm ci --no-audit --no-fund --loglevel=error)
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
