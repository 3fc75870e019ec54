-- SPDX-License-Identifier: MIT
-- what: hangs in __eq, __lt, __le and __unm, one after the other, each in a pcall
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local function hang()
      for _ = 1, 1e12 do end -- HERE
    end
    local meta = { __eq = hang, __lt = hang, __le = hang, __unm = hang }
    local a, b = setmetatable({}, meta), setmetatable({}, meta)
    for _, f in ipairs {
      function() return a == b end, function() return a < b end, function() return a <= b end, function() return -a end,
    } do
      pcall(f)
    end
  end,
}
