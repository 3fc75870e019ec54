-- SPDX-License-Identifier: MIT
-- what: all bytes of a large string as results
-- expect: completed {"byte":"string slice too long","codepoint":"string slice too long"}
return trigger {
  run = function()
    local s = ("x"):rep(2000000)
    local function why(f)
      local _, message = pcall(f, s, 1, -1)
      return message:match "string slice too long"
    end
    return { byte = why(string.byte), codepoint = why(utf8.codepoint) }
  end,
}
