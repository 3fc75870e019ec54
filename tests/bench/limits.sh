#!/bin/sh
# SPDX-License-Identifier: MIT
# What the sandbox costs a script that only computes: CPU time in a runner, against plain Lua from the same shared library and against
# Debian's lua5.4 (which is linked statically) on the same chunk, in the same run. The best of ROUNDS (default 5), alternating.
# sh tests/bench/limits.sh. Needs lua5.4, a C compiler and a release build in build/.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BINARY=${MOONTIDE:-$TOP/build/moontide}
WORK=$(mktemp -d)
PORT=18082
HOST_PID=
cleanup() {
    [ -z "$HOST_PID" ] || kill "$HOST_PID" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$WORK"
}
trap cleanup EXIT INT TERM
mkdir -p "$WORK/scripts/bench"

cat > "$WORK/fib.lua" <<'LUA'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local result = fib(36)
LUA
cat > "$WORK/strings.lua" <<'LUA'
local result = 0
for round = 1, 400 do
  local parts = {}
  for i = 1, 5000 do parts[i] = "item " .. i .. "," end
  local text = table.concat(parts)
  for word in text:gmatch "%d+" do result = result + #word end
end
LUA
cat > "$WORK/tables.lua" <<'LUA'
local result = 0
for round = 1, 300 do
  local rows = {}
  for i = 1, 5000 do rows[i] = { id = i, name = "row", score = (i * 7919) % 1000 } end
  table.sort(rows, function(a, b) return a.score < b.score end)
  result = result + rows[1].id
end
LUA
cc -O2 $(pkg-config --cflags lua5.4) -o "$WORK/plain_lua" "$TOP/tests/bench/plain_lua.c" $(pkg-config --libs lua5.4)
for name in fib strings tables; do
    { # the declaration needs the work inside of run
        echo 'return trigger { wait = "60s", limits = { cpu = "60s", memory = "64MB" }, run = function()'
        cat "$WORK/$name.lua"
        echo 'return result end }'
    } > "$WORK/scripts/bench/$name.lua"
done

MOONTIDE_LOG=warn taskset -c 0 "$BINARY" serve --scripts "$WORK/scripts" --data "$WORK/data" --listen 127.0.0.1:$PORT --runners 1 --limits-cpu 60s \
    > "$WORK/stdout" 2> "$WORK/stderr" &
HOST_PID=$!
until curl -fs "http://127.0.0.1:$PORT/readyz" >/dev/null 2>&1; do
    kill -0 $HOST_PID 2>/dev/null || { cat "$WORK/stderr" >&2; exit 1; }
done
KEY=$(sed -n 's/^admin key: //p' "$WORK/stdout")
RUNNER=$(cat /proc/$HOST_PID/task/$HOST_PID/children)
RUNNER=${RUNNER%% *}

runner_ticks() { awk '{print $14 + $15}' "/proc/$RUNNER/stat"; }

# CPU time of a program in 1/100 s
stock_ticks() { taskset -c 0 sh -c "$1; cut -d' ' -f16,17 /proc/\$\$/stat" | awk '{print $1 + $2}'; }
least() { [ "$1" -lt "$2" ] && echo "$1" || echo "$2"; }

printf '%-10s %10s %10s %10s %14s %14s\n' work "lua5.4 s" "liblua s" "runner s" "over lua5.4" "over liblua"
for name in fib strings tables; do
    stock=999999 plain=999999 mine=999999
    for _ in $(seq "${ROUNDS:-5}"); do # a shared machine only ever adds
        stock=$(least "$(stock_ticks "lua5.4 '$WORK/$name.lua'")" $stock)
        plain=$(least "$(stock_ticks "'$WORK/plain_lua' '$WORK/$name.lua'")" $plain)
        before=$(runner_ticks)
        status=$(curl -s -o "$WORK/answer" -w '%{http_code}' -X POST -H "x-api-key: $KEY" "http://127.0.0.1:$PORT/api/v1.0/project/bench/trigger/$name")
        [ "$status" = 200 ] || { cat "$WORK/answer" >&2; exit 1; }
        mine=$(least $(($(runner_ticks) - before)) $mine)
    done
    awk -v n=$name -v s=$stock -v p=$plain -v m=$mine \
        'BEGIN {printf "%-10s %10.2f %10.2f %10.2f %14.2f %14.2f\n", n, s / 100, p / 100, m / 100, m / s, m / p}'
done
