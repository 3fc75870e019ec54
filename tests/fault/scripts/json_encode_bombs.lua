-- SPDX-License-Identifier: MIT
-- what: values that nest, share, lie, or are too long
-- expect: completed {"refused":5}
local json = require "json"
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local shared, deep, cyclic = {}, {}, {}
    for _ = 1, 40 do shared = { shared, shared } end
    for _ = 1, 1000 do deep = { deep } end
    cyclic[1] = cyclic
    local refused = 0
    for _, value in ipairs { shared, deep, cyclic, ("x"):rep(5000000), { [{}] = 1 } } do
      if not pcall(json.encode, value) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
