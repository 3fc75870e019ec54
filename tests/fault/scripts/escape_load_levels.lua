-- SPDX-License-Identifier: MIT
-- what: nests everything that a parser can nest, to the end of the C stack
-- expect: completed {"loaded":0,"tried":9}
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local loaded, tried = 0, 0
    for _, way in ipairs {
      { "return ", "(", "1", ")" }, { "return ", "{", "", "}" }, { "", "do ", "", " end" }, { "return ", "- ", "1", "" },
      { "return ", "not ", "1", "" }, { "", "if 1 then ", "", " end" }, { "return ", "function() return ", "1", " end" },
      { "", "while 1 do ", "", " end" }, { "return ", "2^", "2", "" },
    } do
      tried = tried + 1
      local n = 60000 // (#way[2] + #way[4])
      if load(way[1] .. way[2]:rep(n) .. way[3] .. way[4]:rep(n)) then loaded = loaded + 1 end
    end
    return { loaded = loaded, tried = tried }
  end,
}
