-- SPDX-License-Identifier: MIT
-- what: requires files of the machine, of other projects, and what is no name at all
-- expect: completed {"found":0}
return trigger {
  run = function()
    local found = 0
    for _, name in ipairs {
      "/etc/passwd", "../../etc/passwd", "..canary.canary", "canary.canary", "lib/../canary", "lib..x", "lib.missing", "", ".", "\0",
      "flow\0", "io", "os", "host", "probe", "hostile.cpu_loop", "host.lua", "lib.ouroboros\0", ("x"):rep(100000), 1, 1.5, {}, true,
      "\27[31m", "%s%n%p", "secret/../flow",
    } do
      if pcall(require, name) then found = found + 1 end
    end
    return { found = found }
  end,
}
