-- SPDX-License-Identifier: MIT
-- what: conversions that do not exist, that are cut off, modified, or follow a NUL
-- expect: completed {"nul":true,"refused":10}
return trigger {
  run = function()
    local refused = 0
    for _, format in ipairs { "%", "%E", "%O", "%Ez", "%Oz", "%Q", "%\0", "x%", "%5Y", "%-d" } do
      if not pcall(os.date, format) then refused = refused + 1 end
    end
    local nul = os.date("a\0b%Y", 0)
    return { refused = refused, nul = nul == "a\0b1970" }
  end,
}
