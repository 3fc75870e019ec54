-- SPDX-License-Identifier: MIT
-- what: patterns that end where they must not, with NUL bytes and captures that were never opened
-- expect: completed {"refused":13}
return trigger {
  run = function()
    local refused = 0
    for _, pattern in ipairs { "%", "[", "[^", "[a", "[%", "[a-", "%b", "%bx", "%f", "%fa", "%1", "(%1)", "a)", "(a" } do
      if not pcall(string.find, "aaa(", pattern) then refused = refused + 1 end
    end
    assert(("a\0b"):find "%z" == 2 and ("a\0b"):match "[\0]" == "\0")
    return { refused = refused }
  end,
}
