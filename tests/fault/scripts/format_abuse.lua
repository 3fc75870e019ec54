-- SPDX-License-Identifier: MIT
-- what: formats with too many digits, no argument, and conversions of C that are not Lua's
-- expect: completed {"refused":12}
return trigger {
  run = function()
    local refused = 0
    for _, format in ipairs {
      "%", "%100d", "%.100f", "%n", "%hhn", "%ls", "%*d", "%1$s", "%-+ #0-+ #0-+ #0-+ #0d", "%p", "%5q", "%d%d",
    } do
      if not pcall(string.format, format, 1) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
