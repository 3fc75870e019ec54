-- SPDX-License-Identifier: MIT
-- what: names that are none
-- expect: completed {"refused":8}
return trigger {
  run = function()
    local refused = 0
    for _, name in ipairs { "", "key", "../KEY", "KEY\0", ("K"):rep(65), "KEY]\n", 1, {} } do
      if not pcall(secret, name) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
