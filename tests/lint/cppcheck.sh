#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck.sh SOURCE_DIR - cppcheck over host/. What is suppressed, and why:
#   missingInclude*            headers of the system and of libraries are not read
#   normalCheckLevel*          a note about the effort, not a finding
#   unknownMacro               of Lua's headers, which are not read
#   autoVariables              (2.17) a pointer into the stack that nobody has any more when the function returns
set -eu
cd "${1:-.}"
command -v cppcheck >/dev/null || { echo "cppcheck is missing: apt-get install cppcheck" && exit 1; }
exec cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    -j "$(nproc)" -I host -D_GNU_SOURCE -DMOONTIDE_VERSION='"0"' -D__GNUC__ --max-configs=4 \
    --suppress=missingInclude --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
    --suppress=unknownMacro --suppress=autoVariables \
    --template='{file}:{line}: {id}: {message}' host
