# SPDX-License-Identifier: MIT
# packages.sh - to be read by other scripts: what Debian packages moontide needs, and install_missing.
# Debian 12 and 13 have the same names.

# libcurl4-openssl-dev brings a library that the host loads at run time; libwebsockets-evlib-uv is loaded by libwebsockets.
# shellcheck disable=SC2034
BUILD_PACKAGES='cmake ninja-build gcc libc6-dev pkg-config libwebsockets-dev libwebsockets-evlib-uv libuv1-dev
libcjson-dev libssl-dev libsqlite3-dev libcurl4-openssl-dev liblua5.4-dev libseccomp-dev libpcre2-dev curl
ca-certificates'

missing_packages() {
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# install_missing LOG PACKAGE...: installs those that are not there, by apt-get; says what it does.
install_missing() {
    install_log=$1
    shift
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "This is no Debian: install what corresponds to these yourself, then use --no-install:" >&2
        echo "  $*" >&2
        return 1
    fi
    absent=$(missing_packages "$@")
    [ -n "$absent" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null 2>&1; then
            echo "These packages are missing, and only root can install them:" >&2
            echo "  apt-get install $absent" >&2
            return 1
        fi
    fi
    echo "Installing by apt-get: $absent"
    # shellcheck disable=SC2086
    if { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 install $absent; } >"$install_log" 2>&1; then
        return 0
    fi
    tail -n 20 "$install_log" >&2
    echo "apt-get failed; all it said is in $install_log" >&2
    return 1
}
