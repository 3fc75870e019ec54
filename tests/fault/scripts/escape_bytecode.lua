-- SPDX-License-Identifier: MIT
-- what: loads bytecode, in pieces and with every mode
-- expect: completed {"loaded":0}
return trigger {
  run = function()
    local code = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8xV\0\0\0\0\0\0\0\0\0\0\0(w@\1"
    local loaded = 0
    local function try(...)
      if load(...) then loaded = loaded + 1 end
    end
    for _, mode in ipairs { "b", "bt", "tb", "t", "", "\27" } do
      try(code, "x", mode)
      local at = 0
      try(function()
        at = at + 1
        return at <= #code and code:sub(at, at) or nil
      end, "x", mode)
    end
    try(code)
    try("return 1", "x", "b")
    return { loaded = loaded }
  end,
}
