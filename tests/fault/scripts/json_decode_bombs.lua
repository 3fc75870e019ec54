-- SPDX-License-Identifier: MIT
-- what: texts that nest, repeat, or overflow
-- expect: completed {"refused":10}
local json = require "json"
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local refused = 0
    for _, text in ipairs {
      ("["):rep(1000000), ('{"a":'):rep(1000000), "1e999999", '{"a":1,"a":2}', '"\\ud800"', '"\\u0000"', "[1,]", ("[["):rep(33) .. ("]]"):rep(33),
      '"\xff"', "",
    } do
      if json.decode(text) == nil then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
