#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh SECONDS [NAME]... - fuzzes each target (default: all) for so long, one after the other. Needs clang and its runtime package
# (Debian: libclang-rt-14-dev). Builds into build-fuzz/ (or $FUZZ_BUILD), keeps what it learns in its corpus/NAME/, and what fails in
# its crashes/. The last line of each target: executions, coverage (edges), findings; the status is not 0 when there was a finding.
# MERGE=N: adds to tests/fuzz/corpus/NAME up to N inputs that reach edges which those there do not (the whole stays below 300 files).
set -eu
seconds=${1:?run.sh SECONDS [NAME]...}
shift
here=$(cd "$(dirname "$0")" && pwd)
build=${FUZZ_BUILD:-$here/../../build-fuzz}
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(find "$here" -name '*_fuzz.c' -exec basename {} _fuzz.c ';' | sort)

[ -f "$build/CMakeCache.txt" ] || cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
    -DMOONTIDE_SANITIZE=ON -DMOONTIDE_FUZZ=ON >/dev/null
targets=
for name in "$@"; do
    targets="$targets fuzz_$name"
done
# shellcheck disable=SC2086
cmake --build "$build" --parallel 2 --target $targets >"$build/fuzz.log" 2>&1 || { tail -n 40 "$build/fuzz.log" && exit 1; }

# The largest first: they bring most.
merge() {
    fresh=$build/merged/$1
    rm -rf "$fresh"
    mkdir -p "$fresh"
    cp "$here/corpus/$1"/* "$fresh"
    "$build/tests/fuzz_$1" -merge=1 -use_counters=0 -max_len=1000 "$fresh" "$build/corpus/$1" >/dev/null 2>&1 || return 0
    find "$fresh" -type f -name '????????????????????????????????????????' -printf '%s %f\n' | sort -rn | head -n "$MERGE" |
        while read -r _ file; do
            cp "$fresh/$file" "$here/corpus/$1/found-$(echo "$file" | cut -c1-8)"
        done
}

export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
found=0
for name in "$@"; do
    mkdir -p "$build/corpus/$name" "$build/crashes"
    set -- -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 -detect_leaks=0 # at the end there is one look
    [ ! -f "$here/$name.dict" ] || set -- "$@" -dict="$here/$name.dict"
    status=0
    nice -n 19 "$build/tests/fuzz_$name" "$@" -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name" "$here/corpus/$name" \
        >"$build/$name.log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || found=$((found + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$build/$name.log" | tail -n 1)
    echo "$name: ${runs:-?} executions, ${edges:-?} edges, status $status"
    [ "${MERGE:-0}" = 0 ] || merge "$name"
done
[ "$found" -eq 0 ]
