-- SPDX-License-Identifier: MIT
-- what: joins secrets in chains, in coroutines, while computing, and where it cannot wait
-- expect: completed {"ok":true,"refused":2}
return trigger {
  limits = { cpu = "10s" },
  run = function(_, flow)
    local function deep(n)
      local s = "a" .. n .. secret "KEY" .. "b" .. n .. secret "OTHER"
      return n > 0 and deep(n - 1) or s
    end
    local s = coroutine.wrap(function() return deep(500) end)()
    flow.sleep "1ms"
    local refused = 0
    for _, f in ipairs {
      function() return (("x"):gsub("x", function() return "a" .. secret "KEY" end)) end,
      function() table.sort({ 1, 2 }, function() return "a" .. secret "KEY" end) end,
    } do
      if not pcall(f) then refused = refused + 1 end
    end
    return { ok = tostring(s) == "a0[secret KEY]b0[secret OTHER]", refused = refused }
  end,
}
