#!/bin/sh
# SPDX-License-Identifier: MIT
# names.sh SOURCE_DIR - nothing that is committed names the place where it was made: no address of a package registry or mirror, no
# folder of one machine, no credentials.
set -eu
cd "${1:-.}"
status=0

# refuse WHAT PATTERN; what has one character 20 times is an example
refuse() {
    if grep -rnIE --exclude-dir=.git --exclude=.git --exclude-dir=node_modules --exclude-dir='build*' --exclude-dir=data \
        --exclude=names.sh -e "$2" . | grep -vE '(.)\1{19}'; then
        echo "^ $1"
        status=1
    fi
}

refuse "an address of a package registry or mirror" \
    '://(registry|deb|ftp|npm|pypi|mirrors?|proxy|packages|artifactory|nexus)[.-]|npm[j]s\.|"resolved": *"http'
refuse "a folder of one machine" '(^|[^A-Za-z0-9_.])/(work|root|home|Users)/[A-Za-z]|/tmp/build-'
refuse "an API key" 'mt_[A-Za-z0-9_-]{43}'
exit "$status"
