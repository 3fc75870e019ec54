-- SPDX-License-Identifier: MIT
-- what: calls on the library with itself, with lies and with nothing
-- expect: completed {"refused":15}
return trigger {
  run = function(_, flow)
    local refused = 0
    local function no(f, ...)
      if not pcall(f, ...) then refused = refused + 1 end
    end
    local lies = setmetatable({}, { __index = function() return "1s" end, __len = function() return 5 end })
    no(flow.sleep) no(flow.sleep, -1) no(flow.sleep, 0 / 0) no(flow.sleep, math.huge) no(flow.sleep, "99999999999999999999d")
    no(flow.step) no(flow.step, "x") no(flow.step, "", print) no(flow.step, "a\nb", print) no(flow.step, ("x"):rep(201), print)
    no(flow.step, "x", function() end, { retry = lies }) no(flow.race, {}) no(flow.sleep_until, {}) no(flow.log) no(flow.emit, "\27")
    return { refused = refused }
  end,
}
