-- SPDX-License-Identifier: MIT
-- what: data that holds itself, functions, and lies
-- expect: completed {"refused":4}
return trigger {
  run = function(_, flow)
    local refused, cyclic = 0, {}
    cyclic.x = cyclic
    for _, data in ipairs { cyclic, print, { 0 / 0 }, { [1.5] = 1 } } do
      local ok, message = pcall(flow.log, "x", data)
      if not ok and message:find("^hostile/log_cyclic.lua:%d+: flow: ") then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
