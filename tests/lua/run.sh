#!/bin/sh
# SPDX-License-Identifier: MIT
# The specs of lualib/, on the stock interpreter with a host that is played by fake_host.lua.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${LUA:-lua5.4}" "$here/spec.lua" "$here" "$here"/*_spec.lua
