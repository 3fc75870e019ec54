-- SPDX-License-Identifier: MIT
-- what: tostring asks an object that never answers
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local silent = setmetatable({}, { __tostring = function()
      while true do end -- HERE
    end })
    pcall(tostring, silent)
  end,
}
