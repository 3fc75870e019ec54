#!/bin/sh
# SPDX-License-Identifier: MIT
# states.sh SOURCE_DIR BUILD_DIR - host/README.md shows the life of a run as the host runs it (`moontide dev states`), only
# run_state.c writes a run's state, and each event is made to happen by the file that the table names.
set -eu
cd "${1:-.}"
moontide="${2:-build}/moontide"
status=0

shown=$(sed -n '/^<!-- states -->$/,/^<!-- \/states -->$/p' host/README.md | sed '/^<!-- /d; /^```/d')
if [ "$shown" != "$("$moontide" dev states)" ]; then
    echo "host/README.md: the picture between <!-- states --> and <!-- /states --> is not what \`moontide dev states\` prints"
    status=1
fi

if grep -nE '(->|\.)state = [^=]' host/engine/*.c host/engine/ops/*.c host/deploy/*.c host/serve/*.c host/serve/*/*.c |
    grep -E '(r|run)->state = ' | grep -v '^host/engine/run_state\.c:'; then
    echo "^ only run_enter() writes the state of a run"
    status=1
fi

# "    [RUN_FIRED] = {"a call made it", "fire.c"}," against every run_enter(…, RUN_FIRED)
sed -n 's/^    \[\(RUN_[A-Z_]*\)\] = {".*", "\([a-z_]*\.c\)"},$/\1 \2/p' host/engine/run_state.c | {
    while read -r event file; do
        users=$(grep -lE "(run_enter|leave_memory)\([a-z]+, $event\)|\? $event :|: $event;" host/engine/*.c host/engine/ops/*.c |
            sed 's|.*/||' | tr '\n' ' ')
        if [ "$users" != "$file " ]; then
            echo "host/engine/run_state.c: $event is made to happen by ${users:-no file}, the table says $file"
            status=1
        fi
    done
    exit "$status"
} || status=1
exit "$status"
