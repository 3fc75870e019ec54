-- SPDX-License-Identifier: MIT
-- what: questions of all wrong kinds
-- expect: completed {"refused":9}
local agent = require "agent"
return trigger {
  run = function()
    local refused, cyclic = 0, {}
    cyclic.x = cyclic
    for _, options in ipairs {
      1, { 1 }, { instruction = {} }, { instruction = "x", session = ("x"):rep(257) }, { instruction = "x", temperature = 0 / 0 },
      { instruction = "x", context = cyclic }, { instruction = "x", context = { print } }, { instruction = "\xff" }, { tools = {} },
    } do
      if not pcall(agent.ask, options) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
