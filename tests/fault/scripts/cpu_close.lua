-- SPDX-License-Identifier: MIT
-- what: hangs in __close while an error passes
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local hang = function()
      while true do end -- HERE
    end
    pcall(function()
      local _ <close> = setmetatable({}, { __close = hang })
      error "x"
    end)
  end,
}
