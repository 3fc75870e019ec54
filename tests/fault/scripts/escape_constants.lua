-- SPDX-License-Identifier: MIT
-- what: more constants, locals, upvalues and registers than a function may have
-- expect: completed {"loaded":0}
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local loaded = 0
    local function list(n, format)
      local parts = {}
      for i = 1, n do parts[i] = format:format(i) end
      return table.concat(parts, ",")
    end
    for _, text in ipairs {
      "local " .. list(300, "v%d"), "return function(" .. list(300, "p%d") .. ") end",
      "local a = " .. ("a.."):rep(300) .. "a return a", "f(" .. list(300, "%d") .. ")",
    } do
      if load(text) then loaded = loaded + 1 end
    end
    return { loaded = loaded }
  end,
}
