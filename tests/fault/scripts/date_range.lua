-- SPDX-License-Identifier: MIT
-- what: times before and behind all calendars
-- expect: completed {"refused":8}
return trigger {
  run = function()
    local refused = 0
    for _, f in ipairs {
      function() return os.date("*t", math.maxinteger) end,
      function() return os.date("%c", math.mininteger) end,
      function() return os.time { year = math.maxinteger, month = 1, day = 1 } end,
      function() return os.time { year = 1e18, month = 1, day = 1 } end,
      function() return os.time { year = 2020, month = 2 ^ 40, day = 1 } end,
      function() return os.time { year = 2020, month = 1 } end,
      function() return os.time { year = "x", month = 1, day = 1 } end,
      function() return os.time(setmetatable({}, { __index = function() error "x" end })) end,
    } do
      if not pcall(f) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
