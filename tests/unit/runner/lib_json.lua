-- SPDX-License-Identifier: MIT
-- SPDX-License-Identifier: MIT
-- The json and template modules.
local function equal(found, wanted)
  if found ~= wanted then
    error(("found %s, wanted %s"):format(tostring(found), tostring(wanted)), 2)
  end
end

-- What fn raises, without the place; it must be raised at a line of this file.
local function raised(fn, ...)
  local ok, err = pcall(fn, ...)
  equal(ok, false)
  return (err:gsub("^.-lib_json%.lua\"?%]?:%d+: ", ""))
end

test("encode sorts keys and knows lists", function()
  equal(json.encode { b = 1, a = { 1, "x", json.null } }, '{"a":[1,"x",null],"b":1}')
  equal(json.encode "ä\n", '"ä\\n"')
  equal(json.encode(nil), "null")
end)

test("encode raises at the caller's line with the path", function()
  equal(raised(function() local _ = json.encode { a = { 1, print } } return _ end),
    "json.encode: value.a[2]: a function cannot be written as JSON")
  equal(raised(function() local _ = json.encode { 1, nil, 3, x = 1 } return _ end),
    "json.encode: value: a table with both numbered and named keys cannot be written as JSON")
end)

test("encode writes results of every size up to the limit", function()
  for _, bytes in ipairs { 1, 2000, 2044, 2045, 2046, 2047, 2048, 2049, 40000, 600000, (1 << 20) - 2 } do
    equal(#json.encode(("x"):rep(bytes)), bytes + 2)
  end
  equal(raised(function() local _ = json.encode(("x"):rep(1 << 20)) return _ end),
    "json.encode: larger than 1048576 bytes")
end)

test("decode answers nil, message, code for what is no JSON", function()
  local value, message, code = json.decode '{"a":}'
  equal(value, nil)
  equal(message, "byte 5: expected a value but found '}'")
  equal(code, "json.malformed")
  equal(select("#", json.decode "1"), 1)
  equal(json.decode "null", json.null)
  equal(json.decode '{"a":[1.5,"x"]}'.a[2], "x")
  equal(math.type(json.decode "3"), "integer")
end)

test("decode wants a string", function()
  equal(pcall(json.decode), false)
  equal(pcall(json.decode, 5), false)
end)

test("null is one value with a name", function()
  equal(tostring(json.null), "null")
  equal(json.decode "[null]"[1], json.null)
  equal(json.null == nil, false)
  equal(pcall(function() return json.null.x end), false)
end)

test("array marks lists that may be empty", function()
  equal(json.encode {}, "{}")
  equal(json.encode(json.array()), "[]")
  equal(json.encode { list = json.array {} }, '{"list":[]}')
  equal(json.encode(json.array(json.decode "[]")), "[]")
  local list = json.array()
  list[1] = "x"
  equal(json.encode(list), '["x"]')
  equal(getmetatable(list), false)
  equal(pcall(json.array, setmetatable({}, {})), false)
  equal(pcall(json.array, 5), false)
end)

test("render fills a template", function()
  equal(template.render("Hi {{name}}, {{#each l}}{{this}};{{/each}}", { name = "Ada", l = { 1, 2 } }), "Hi Ada, 1;2;")
  equal(template.render "plain {{a}}", "plain ")
  equal(#template.render("{{s}}{{s}}", { s = ("x"):rep(50000) }), 100000)
end)

test("render raises at the caller's line with the template's line", function()
  equal(raised(function() local _ = template.render("a\n{{#if b}}", {}) return _ end),
    "template.render: line 2: {{#if}} without {{/if}}")
  equal(raised(function() local _ = template.render("{{s}}", { s = ("x"):rep(1 << 20) .. "x" }) return _ end),
    "template.render: larger than 1048576 bytes")
  equal(pcall(template.render, {}), false)
  equal(pcall(template.render, "x", "y"), false)
end)
