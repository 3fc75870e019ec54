-- SPDX-License-Identifier: MIT
-- what: a handler that fails, whose handler fails, …
-- expect: completed {"ok":false,"kind":"string"}
return trigger {
  run = function()
    local function handler(message)
      error(message .. "!")
    end
    local ok, message = xpcall(error, handler, "x")
    return { ok = ok, kind = type(message) }
  end,
}
