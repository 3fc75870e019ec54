#!/bin/sh
# SPDX-License-Identifier: MIT
# Speed, measured as ratios to nginx + its Lua module (Debian's packages) in the same run: sh tests/bench/run.sh [SECONDS]
# The server side is pinned to core 0, the load (wrk) to core 1. Not part of CI: figures of a shared machine are not a test.
# Needs: wrk, nginx-light, libnginx-mod-http-lua, lua-cjson, curl; a release build in build/ (sh host/quickstart.sh makes it).
set -eu
SECONDS_EACH=${1:-5}
CONNECTIONS=${CONNECTIONS:-32}
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BINARY=${MOONTIDE:-$TOP/build/moontide}
WORK=$(mktemp -d)
HOST_PORT=18080
NGINX_PORT=18081
HOST_PID=
for tool in wrk nginx curl awk taskset; do
    command -v $tool >/dev/null || { echo "bench: $tool is missing: apt-get install wrk nginx-light libnginx-mod-http-lua lua-cjson curl util-linux" >&2; exit 1; }
done
[ -x "$BINARY" ] || { echo "bench: $BINARY is missing: build it first (sh host/quickstart.sh --once)" >&2; exit 1; }

cleanup() {
    [ -z "$HOST_PID" ] || kill "$HOST_PID" 2>/dev/null || true
    [ ! -f "$WORK/nginx.pid" ] || kill "$(cat "$WORK/nginx.pid")" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$WORK"
}
trap cleanup EXIT INT TERM

# ---- what is served

mkdir -p "$WORK/scripts/bench" "$WORK/logs"
cat > "$WORK/scripts/bench/w1.lua" <<'LUA'
return trigger {
  filter = { { "amount", "<", 100 }, { "customer.tier", "in", { "gold", "silver" } } },
  instruction = "Help {{customer.name}} ({{customer.tier}}) with ticket {{ticketId}}: {{message}}",
  run = function(event) return { reply = event.instruction } end,
}
LUA
cat > "$WORK/scripts/bench/w2.lua" <<'LUA'
local flow = require "flow"
return trigger {
  run = function(event)
    local a = flow.step("load", function() return { id = event.body.ticketId } end)
    local b = flow.step("price", function() return event.body.amount * 2 end)
    local c = flow.step("reply", function() return a.id .. " costs " .. b end)
    return { reply = c }
  end,
}
LUA
cat > "$WORK/scripts/bench/plain.lua" <<'LUA'
return trigger { run = function(event) return { ok = true } end }
LUA
INPUT='input = {
    ticketId = { type = "string", max = 32 }, amount = { type = "number", min = 0, max = 10000 }, message = { type = "string", max = 2000 },
    customer = { type = "object", fields = { name = "string", tier = { type = "string", enum = { "silver", "gold" } } } },
    tags = { type = "array", items = "string" }, lines = { type = "array", items = { type = "object", fields = { sku = "string", count = "integer", price = "number" } } },
  },'
awk -v input="$INPUT" '{sub(/{ run/, "{ " input " run"); print}' "$WORK/scripts/bench/plain.lua" > "$WORK/scripts/bench/checked.lua"
sed 's/{ input/{ unique = true, input/' "$WORK/scripts/bench/checked.lua" > "$WORK/scripts/bench/once.lua"
sed 's/^return trigger {/return trigger { wait = false,/' "$WORK/scripts/bench/w2.lua" > "$WORK/scripts/bench/w3.lua"
cat > "$WORK/nginx.conf" <<CONF
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
worker_processes 1;
pid $WORK/nginx.pid;
error_log $WORK/logs/error.log;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path $WORK/body; proxy_temp_path $WORK/proxy; fastcgi_temp_path $WORK/fcgi;
  uwsgi_temp_path $WORK/uwsgi; scgi_temp_path $WORK/scgi;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:$NGINX_PORT;
    location /w1 {
      content_by_lua_block {
        local cjson = require "cjson"
        ngx.req.read_body()
        local body = cjson.decode(ngx.req.get_body_data())
        local tiers = { gold = true, silver = true }
        if not (body.amount < 100 and tiers[body.customer.tier]) then return ngx.exit(400) end
        local text = "Help {{customer.name}} ({{customer.tier}}) with ticket {{ticketId}}: {{message}}"
        text = text:gsub("{{([%w.]+)}}", function(path)
          local value = body
          for part in path:gmatch "[^.]+" do value = value[part] end
          return value
        end)
        ngx.header.content_type = "application/json"
        ngx.say(cjson.encode { reply = text })
      }
    }
  }
}
CONF

# ---- tools

now_ms() { date +%s%3N; }

# CPU milliseconds that a process and its children have used.
cpu_ms() {
    total=0
    for pid in $1 $(cat /proc/"$1"/task/"$1"/children 2>/dev/null); do
        total=$((total + $(awk '{print ($14 + $15) * 10}' "/proc/$pid/stat")))
    done
    echo $total
}

rss_kb() {
    for pid in $1 $(cat /proc/"$1"/task/"$1"/children); do awk '/^VmRSS/ {print $2}' "/proc/$pid/status"; done | awk '{s += $1} END {print s}'
}

wrk_script() { # BODY
    cat > "$WORK/wrk.lua" <<LUA
wrk.method = "POST"
wrk.body = '$1'
wrk.headers["content-type"] = "application/json"
wrk.headers["x-api-key"] = "${KEY:-}"
LUA
}

# The same, with a body that never repeats: @N@ is replaced.
wrk_fresh_script() { # BODY
    wrk_script "$1"
    cat >> "$WORK/wrk.lua" <<'LUA'
local front, back = wrk.body:match "^(.*)@N@(.*)$"
local start, n = os.time(), 0
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, front .. start .. "-" .. n .. back)
end
LUA
}

# measure NAME PID URL: requests a second, CPU microseconds each, errors.
measure() {
    taskset -c 1 wrk -t1 -c"$CONNECTIONS" -d1s -s "$WORK/wrk.lua" "$3" >/dev/null
    before=$(cpu_ms "$2")
    taskset -c 1 wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" --latency -s "$WORK/wrk.lua" "$3" > "$WORK/out"
    after=$(cpu_ms "$2")
    RATE=$(awk '/^Requests\/sec/ {print $2}' "$WORK/out")
    COUNT=$(awk '/requests in/ {print $1}' "$WORK/out")
    P99=$(awk '/99%/ {print $2}' "$WORK/out")
    BAD=$(awk '/Non-2xx/ {print $NF} /Socket errors/ {print $0}' "$WORK/out" | tr '\n' ' ')
    CPU=$(awk -v ms=$((after - before)) -v n="$COUNT" 'BEGIN {printf "%.1f", ms * 1000 / n}')
    printf '%-34s %10.0f/s  %8s us CPU  p99 %-9s %s\n' "$1" "$RATE" "$CPU" "$P99" "$BAD"
}

minus() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", a - b}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

# ---- start

taskset -c 0 nginx -c "$WORK/nginx.conf" -p "$WORK/" 2>"$WORK/logs/start" || { cat "$WORK/logs/start" >&2; exit 1; }
started=$(now_ms)
MOONTIDE_LOG=warn taskset -c 0 "$BINARY" serve --scripts "$WORK/scripts" --data "$WORK/data" --listen 127.0.0.1:$HOST_PORT --runners 1 \
    > "$WORK/stdout" 2> "$WORK/stderr" &
HOST_PID=$!
until curl -fs "http://127.0.0.1:$HOST_PORT/readyz" >/dev/null 2>&1; do
    kill -0 $HOST_PID 2>/dev/null || { cat "$WORK/stderr" >&2; exit 1; }
done
READY=$(($(now_ms) - started))
KEY=$(sed -n 's/^admin key: //p' "$WORK/stdout")
IDLE=$(rss_kb $HOST_PID)
URL=http://127.0.0.1:$HOST_PORT/api/v1.0/project/bench/trigger
GOOD='{"ticketId":"T-1042","amount":42,"message":"the parcel came without its content, what now?","customer":{"name":"Ada Lovelace","tier":"gold"}}'
WRONG='{"ticketId":"T-1042","amount":4200,"message":"the parcel came without its content","customer":{"name":"Ada Lovelace","tier":"gold"}}'

FRESH='{"ticketId":"T-@N@","amount":42.5,"currency":"EUR","urgent":false,"message":"'"$(printf 'the parcel came without its content, what now? %.0s' 1 2 3 4 5 6 7 8 9 10)"'","customer":{"name":"Ada Lovelace","tier":"gold","email":"ada@example.org"},"tags":["parcel","missing","refund"],"lines":[{"sku":"A-1","title":"A wooden box","count":1,"price":19.5},{"sku":"B-22","title":"Ribbon, red, three metres","count":2,"price":11.5}],"address":{"street":"12 St James Square","city":"London","zip":"SW1Y 4JH"},"locale":"en-GB"}'

printf '%s\n' "server on core 0, wrk on core 1, $CONNECTIONS connections, $SECONDS_EACH s each; $(awk -F: '/model name/ {print $2; exit}' /proc/cpuinfo)"
wrk_script "$GOOD"
measure "nginx + lua: the work of W1" "$(cat /proc/"$(cat "$WORK/nginx.pid")"/task/*/children)" "http://127.0.0.1:$NGINX_PORT/w1"
NGINX_RATE=$RATE NGINX_CPU=$CPU
measure "W1 filter, template, durable" $HOST_PID "$URL/w1"
W1_RATE=$RATE W1_CPU=$CPU
measure "W2 three steps, durable" $HOST_PID "$URL/w2"
W2_RATE=$RATE W2_CPU=$CPU

before=$(now_ms)
taskset -c 1 wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" -s "$WORK/wrk.lua" "$URL/w3" > "$WORK/out"
until [ "$(curl -fs -H "x-api-key: $KEY" "http://127.0.0.1:$HOST_PORT/v1/runs?status=running&limit=1" | head -c 12)" = '{"items":[],' ]; do :; done
W3_RATE=$(awk -v n="$(awk '/requests in/ {print $1}' "$WORK/out")" -v ms=$(($(now_ms) - before)) 'BEGIN {print n * 1000 / ms}')
printf '%-34s %10.0f/s\n' "W3 accepted (202) and completed" "$W3_RATE"
wrk_script "$WRONG"
measure "filter rejections (400)" $HOST_PID "$URL/w1"
FILTER_RATE=$RATE
AFTER=$(rss_kb $HOST_PID)
wrk_fresh_script "$FRESH"
measure "1 kB as it comes, durable" $HOST_PID "$URL/plain"
PLAIN_CPU=$CPU
measure "1 kB, input schema" $HOST_PID "$URL/checked"
CHECKED_CPU=$CPU
measure "1 kB, input schema, unique" $HOST_PID "$URL/once"
ONCE_CPU=$CPU

printf '\nratios to nginx + lua in this run\n'
printf '  W1 CPU a request   %s x  (floor: at most 5)\n' "$(ratio "$W1_CPU" "$NGINX_CPU")"
printf '  W1 rate            %s x\n' "$(ratio "$W1_RATE" "$NGINX_RATE")"
printf '  W2 rate            %s x  (%.0f runs/s; floor: 8000), CPU %s x\n' "$(ratio "$W2_RATE" "$NGINX_RATE")" "$W2_RATE" "$(ratio "$W2_CPU" "$NGINX_CPU")"
printf '  W3 rate            %s x\n' "$(ratio "$W3_RATE" "$NGINX_RATE")"
printf '  filter rejections  %s x\n' "$(ratio "$FILTER_RATE" "$NGINX_RATE")"
printf '  1 kB: schema %s us more (%s x), unique with its claim another %s us (%s x)\n' \
    "$(minus "$CHECKED_CPU" "$PLAIN_CPU")" "$(ratio "$CHECKED_CPU" "$PLAIN_CPU")" "$(minus "$ONCE_CPU" "$CHECKED_CPU")" "$(ratio "$ONCE_CPU" "$CHECKED_CPU")"
for bench in admission runner; do
    [ ! -x "$TOP/build/tests/bench_$bench" ] || taskset -c 0 "$TOP/build/tests/bench_$bench"
done
printf 'idle RSS host + 1 runner %s KB (floor: 20480), after the load %s KB; start to ready %s ms (floor: 100)\n' "$IDLE" "$AFTER" "$READY"
