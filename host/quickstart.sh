#!/bin/sh
# SPDX-License-Identifier: MIT
# quickstart.sh - from a fresh clone on Debian 12 or 13 to a running host: installs what is missing, builds, serves scripts/, fires
# an example and shows its stream, then goes on serving until Ctrl-C. Safe to run again.
set -eu
cd "$(dirname "$0")/.."
. host/packages.sh

usage() {
    cat <<'TEXT'
usage: sh host/quickstart.sh [--no-install] [--once]

  --no-install  install no packages
  --once        stop after the example's stream

environment: MOONTIDE_LISTEN (default 127.0.0.1:8080), MOONTIDE_SCRIPTS (scripts), MOONTIDE_DATA (data)
TEXT
}

install=yes once=no
for option; do
    case $option in
    --no-install) install=no ;;
    --once) once=yes ;;
    -h | --help) usage && exit 0 ;;
    *) echo "unknown option $option" >&2 && usage >&2 && exit 2 ;;
    esac
done

listen=${MOONTIDE_LISTEN:-127.0.0.1:8080}
scripts=${MOONTIDE_SCRIPTS:-scripts}
data=${MOONTIDE_DATA:-data}
moontide=build/moontide
log=build/serve.log
host='' watcher='' said=''

fail() {
    echo "quickstart: $*" >&2
    exit 1
}

# Whatever way this script ends, nothing that it started stays.
stop() {
    trap '' INT TERM HUP
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || :
    [ -z "$said" ] || rm -f "$said"
    if [ -n "$host" ]; then
        kill -TERM "$host" 2>/dev/null || :
        wait "$host" || :
        host=
    fi
}
trap stop EXIT
trap 'echo; echo "Stopping."; exit 0' INT TERM HUP

# Counters of ninja ([12/90]) and make ([ 13%]) become one line that moves.
show_progress() {
    while IFS= read -r line; do
        printf '%s\n' "$line" >>build/build.log
        case $line in
        '['*']'*) [ ! -t 1 ] || printf '\rBuilding %s ' "${line%%]*}]" ;;
        esac
    done
    [ ! -t 1 ] || printf '\r\033[K'
}

configure() {
    [ -f build/CMakeCache.txt ] || { command -v ninja >/dev/null 2>&1 && set -- -G Ninja; } || :
    cmake -S . -B build "$@" -DCMAKE_BUILD_TYPE=Release -DMOONTIDE_TESTS=OFF >build/build.log 2>&1
}

build() {
    mkdir -p build
    echo "Building a release into build/ (log: build/build.log)"
    configure || { tail -n 20 build/build.log >&2 && fail "cmake cannot configure the build, see build/build.log"; }
    {
        status=0
        cmake --build build --target moontide --parallel "$(nproc)" 2>&1 || status=$?
        echo "$status" >build/status
    } | show_progress
    [ "$(cat build/status)" -eq 0 ] || { tail -n 30 build/build.log >&2 && fail "the build failed, see build/build.log"; }
}

# curl's status 7 is "nobody there".
check_port() {
    case $listen in *:0) return 0 ;; esac
    status=0
    curl --noproxy '*' -s -o /dev/null --max-time 2 "http://$listen/healthz" || status=$?
    [ "$status" -eq 7 ] || fail "$listen is in use: stop what listens there, or choose another address:
  MOONTIDE_LISTEN=127.0.0.1:8090 sh host/quickstart.sh"
}

start_host() {
    said=$(umask 077 && mktemp)
    : >"$log"
    "$moontide" serve --scripts "$scripts" --data "$data" --listen "$listen" >"$said" 2>>"$log" &
    host=$!
    echo "Starting $moontide serve on $listen (log: $log)"
}

# The address as the host prints it once it listens; empty before.
ready_url() {
    sed -n 's/.*"ready".*[ ]url="\{0,1\}\([^ "]*\).*/\1/p' "$log" | head -n 1
}

is_ready() {
    url=$(ready_url)
    [ -n "$url" ] && curl --noproxy '*' -fs -o /dev/null --max-time 2 "${url%/}/readyz"
}

wait_ready() {
    tries=0
    until is_ready; do
        tries=$((tries + 1))
        if ! kill -0 "$host" 2>/dev/null; then
            tail -n 20 "$log" >&2
            fail "the host did not start; the reason is above"
        fi
        if [ "$tries" -ge 300 ]; then
            tail -n 20 "$log" >&2
            fail "the host was not ready within 30 s; its log is above"
        fi
        sleep 0.1
    done
    url=${url%/}
}

# Also waits until the running host has seen the new key.
make_key() {
    "$moontide" key revoke --name quickstart --data "$data" 2>/dev/null || :
    MOONTIDE_KEY=$("$moontide" key create --name quickstart --allow project.trigger,run.read,run.control --data "$data" 2>>"$log") ||
        fail "no key could be made, see $log"
    MOONTIDE_URL=$url
    export MOONTIDE_KEY MOONTIDE_URL
    tries=0
    until "$moontide" runs list --limit 1 >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || fail "the host does not accept its new key: $("$moontide" runs list --limit 1 2>&1)"
        sleep 0.1
    done
}

fire_example() {
    example=default/hello body='{"name":"Ada"}'
    [ ! -f "$scripts/ops/slow.lua" ] || { example=ops/slow body='{"seconds":3}'; }
    [ -f "$scripts/$example.lua" ] || return 0
    echo
    echo "Firing $scripts/$example.lua; this is its stream, as it happens:"
    echo
    "$moontide" trigger "$example" --data "$body" --follow || fail "the example failed"
}

say_what_next() {
    admin=$(sed -n 's/^admin key: //p' "$said")
    rm -f "$said"
    said=
    echo
    echo "moontide is serving $scripts/ at $url"
    echo
    if [ -n "$admin" ]; then
        echo "The admin key, shown this once: $admin"
    else
        echo "The admin key was shown at the first start. For another one:"
        echo "  $moontide key create --name admin --allow '*' --data $data"
    fi
    cat <<TEXT

Paste this into another terminal (its key may fire triggers and read, follow and cancel runs):

  export MOONTIDE_KEY=$MOONTIDE_KEY; curl -sS "$url/api/v1.0/project/default/trigger/hello" -H "x-api-key: \$MOONTIDE_KEY" -H 'content-type: application/json' -d '{"name":"Ada"}'

Then edit $scripts/default/hello.lua and run it again: saving the file is all it takes.
TEXT
}

serve_on() {
    echo
    echo "Ctrl-C stops the host. Its log from here on:"
    tail -n 0 -f "$log" &
    watcher=$!
    status=0
    wait "$host" || status=$?
    host=
    [ "$status" -eq 0 ] || fail "the host ended with status $status, see $log"
}

if [ "$install" = yes ]; then
    # shellcheck disable=SC2086
    mkdir -p build && install_missing build/apt.log $BUILD_PACKAGES || exit 1
fi
build
check_port
start_host
wait_ready
make_key
fire_example
say_what_next
[ "$once" = yes ] || serve_on
