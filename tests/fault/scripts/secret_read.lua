-- SPDX-License-Identifier: MIT
-- what: every way to look into a secret
-- expect: completed {"read":0,"shown":"[secret KEY]"}
return trigger {
  run = function(_, flow)
    local json, template = require "json", require "template"
    local key, read = secret "KEY", 0
    for _, f in ipairs {
      function() return #key end, function() return key:sub(1, 1) end, function() return key.value end, function() return key == secret "KEY" and 1 + nil end,
      function() return key < "m" end, function() return string.byte(key) end, function() return ("x"):find(key) end,
      function() return ("x"):rep(1, key) end, function() return table.concat { "a", key } end, function() return json.encode { key } end,
      function() return json.encode { [key] = 1 } end, function() return tonumber(key) + 1 end, function() return rawlen(key) end,
      function() return next(key) end, function() return pairs(key) end, function() return key() end, function() return load(key) end,
      function() return string.pack("z", key) end, function() return ("%q"):format(key) end, function() return getmetatable(key).__tostring(key) end,
      function() return setmetatable(key, {}) end, function() return error(key) end, function() return flow.log(key) end,
      function() return flow.step(key, print) end, function() return utf8.len(key) end, function() return math.floor(key) end,
      function() return ("x"):gsub("x", key) end, function() return select(key, 1) end, function() return flow.emit("x", { key }) end,
    } do
      if pcall(f) then read = read + 1 end
    end
    assert(template.render("{{a}}", { a = "x" }) == "x")
    return { read = read, shown = tostring(key) }
  end,
}
