-- SPDX-License-Identifier: MIT
-- what: ranges that do not fit the stack, forwards and backwards
-- expect: completed {"refused":6}
return trigger {
  run = function()
    local refused = 0
    for _, range in ipairs {
      { 1, 1e8 }, { math.mininteger, math.maxinteger }, { -1e9, 1e9 }, { 1, math.maxinteger }, { 0, math.maxinteger },
      { math.mininteger, 0 },
    } do
      local ok, message = pcall(table.unpack, {}, table.unpack(range))
      if not ok and message:find "too many results" then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
