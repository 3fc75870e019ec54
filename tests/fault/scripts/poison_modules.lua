-- SPDX-License-Identifier: MIT
-- what: changes the modules that everybody requires
-- expect: completed {"poisoned":true}
local flow, http, json, template = require "flow", require "http", require "json", require "template"
flow.poison, http.poison, json.poison, template.poison = 1, 1, 1, 1
return trigger {
  run = function()
    flow.sleep, http.get, json.encode, template.render = nil, nil, nil, nil
    return { poisoned = true }
  end,
}
