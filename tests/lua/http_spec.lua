-- SPDX-License-Identifier: MIT
local S = {}

-- Runs fn(http, flow) against a host that answers every request alike.
local function run(t, answer, fn)
  local host = t.host(function()
    if answer.code then
      return nil, answer
    end
    return { status = answer.status or 200, headers = answer.headers or {}, body = answer.body or "" }
  end)
  local http = host.require "http"
  local results = { host.run(function() return fn(http) end) }
  return host, table.unpack(results)
end

local function args_of(t, fn)
  return run(t, {}, fn).ops[1].args
end

function S.get_asks_for_a_url(t)
  local host, _, answer = run(t, { headers = { etag = "x" }, body = "hi" }, function(http)
    return http.get "https://shop.example/orders/7"
  end)
  t.equal(host.ops[1].args, { method = "GET", url = "https://shop.example/orders/7" })
  t.equal(host.ops[1].kind, "http")
  t.equal({ answer.status, answer.ok, answer.headers.etag, answer.body }, { 200, true, "x", "hi" })
end

function S.name_shows_no_query_and_no_credentials(t)
  local host = run(t, {}, function(http)
    http.get("HTTPS://ada:secret@shop.example:8443/a/b?token=secret#part", { query = { key = "secret" } })
  end)
  t.equal(host.ops[1].name, "GET shop.example:8443/a/b")
  t.equal(host.ops[1].args.url, "https://ada:secret@shop.example:8443/a/b?token=secret&key=secret")
end

function S.query_is_sorted_and_encoded(t)
  t.equal(args_of(t, function(http)
    http.get("http://a.example", { query = { z = true, a = "ä b&c", n = 3, list = { "x", 2 } } })
  end).url, "http://a.example?a=%C3%A4%20b%26c&list=x&list=2&n=3&z=true")
end

function S.json_body_brings_its_content_type(t)
  t.equal(args_of(t, function(http)
    http.post("http://a.example/x", { json = { b = 1, a = "x" } })
  end), {
    method = "POST",
    url = "http://a.example/x",
    body = '{"a":"x","b":1}',
    headers = { ["Content-Type"] = "application/json" },
  })
  t.equal(args_of(t, function(http)
    http.put("http://a.example/x", { json = {}, headers = { ["content-type"] = "application/vnd.x+json" } })
  end).headers, { ["content-type"] = "application/vnd.x+json" })
end

function S.headers_become_text(t)
  t.equal(args_of(t, function(http)
    http.patch("http://a.example/x", { headers = { ["X-Count"] = 3, Accept = "text/plain" }, body = "raw" })
  end), {
    method = "PATCH",
    url = "http://a.example/x",
    body = "raw",
    headers = { ["X-Count"] = "3", Accept = "text/plain" },
  })
end

function S.timeout_and_retry_are_left_to_the_host(t)
  local args = args_of(t, function(http)
    http.delete("http://a.example/x", {
      timeout = "5s",
      retry = { times = 5, first = "2s", factor = 3, max = "30s", on = { 429, "timeout" } },
    })
  end)
  t.equal(args.timeout_ms, 5000)
  t.equal(args.retry, { times = 5, first_ms = 2000, factor = 3, max_ms = 30000, on = { 429, "timeout" } })
  t.equal(args_of(t, function(http) http.get("http://a.example/x", { retry = 3 }) end).retry,
    { times = 3, first_ms = 1000, factor = 2, max_ms = 60000 })
end

function S.request_takes_a_table_or_arguments(t)
  t.equal(args_of(t, function(http)
    http.request { method = "options", url = "http://a.example/x", query = { a = 1 } }
  end), { method = "OPTIONS", url = "http://a.example/x?a=1" })
  t.equal(args_of(t, function(http) http.request { url = "http://a.example" } end).method, "GET")
  t.equal(args_of(t, function(http) http.request("put", "http://a.example", { body = "b" }) end).body, "b")
end

function S.a_status_of_400_is_an_answer(t)
  local _, ok, answer = run(t, { status = 404, body = "{}" }, function(http)
    return http.get "http://a.example/x"
  end)
  t.equal({ ok, answer.ok, answer.status }, { true, false, 404 })
end

function S.no_answer_raises_code_and_message(t)
  local _, ok, err = run(t, { code = "dns", message = "no such host" }, function(http)
    http.get "http://a.example/x?token=secret"
  end)
  t.equal({ ok, err.code, tostring(err) }, { false, "dns", "GET a.example/x: no such host" })
  t.equal(string.match(err.at, "http_spec%.lua:%d+$") ~= nil, true)
end

function S.json_decodes_the_body(t)
  local _, ok, id = run(t, { body = '{"id": 7}' }, function(http)
    return http.get("http://a.example/x"):json().id
  end)
  t.equal({ ok, id }, { true, 7 })
end

function S.json_names_the_request_whose_answer_is_none(t)
  local _, ok, err = run(t, { status = 502, body = "<html>" }, function(http)
    return http.get("http://a.example/x?token=secret"):json()
  end)
  t.equal({ ok, err.code, err.message }, {
    false, "http.json", "GET a.example/x: the answer (status 502) is not JSON: byte 0: expected a value but found '<'",
  })
end

function S.misuse_is_said_at_the_line_of_the_script(t)
  local http = t.host().require "http"
  local url = "http://a.example"
  t.raises(function() http.get() end, "http.get: expected a URL, got nothing")
  t.raises(function() http.get "shop.example" end,
    'http.get: expected a URL such as https://shop.example/orders, got "shop.example"')
  t.raises(function() http.get "ftp://a.example" end,
    'http.get: expected a URL such as https://shop.example/orders, got "ftp://a.example"')
  t.raises(function() http.get "http://a.example/a b" end,
    "http.get: a URL holds no blanks (put values into the query option)")
  t.raises(function() http.get(url, { header = {} }) end,
    'http.get: unknown option "header" (known: body, headers, json, query, retry, timeout)')
  t.raises(function() http.get(url, "json") end, 'http.get: expected a table of options, got "json"')
  t.raises(function() http.post(url, { json = 1, body = "1" }) end, "http.post: give either json or body, not both")
  t.raises(function() http.post(url, { body = {} }) end,
    "http.post: body: expected a string (or use the json option), got a table")
  t.raises(function() http.post(url, { body = "\xff" }) end,
    "http.post: body must be text in UTF-8; binary data cannot be sent")
  t.raises(function() http.post(url, { json = { f = print } }) end,
    "http.post: json.f: a function cannot be written as JSON")
  t.raises(function() http.get(url, { headers = { ["a b"] = "x" } }) end,
    'http.get: headers: "a b" is no header name')
  t.raises(function() http.get(url, { headers = { a = "x\ny" } }) end,
    "http.get: headers.a: a line break is not allowed")
  t.raises(function() http.get(url, { headers = { a = {} } }) end,
    "http.get: headers.a: expected a string, number or boolean, got a table")
  t.raises(function() http.get(url, { query = { "x" } }) end,
    "http.get: query: expected names with values, such as { page = 2 }, not a list")
  t.raises(function() http.get(url, { timeout = "soon" }) end,
    'http.get: timeout: expected a duration such as "30s", got "soon"')
  t.raises(function() http.get(url, { retry = "x" }) end,
    'http.get: retry: expected how many times to try again (0 to 100), got "x"')
  t.raises(function() http.request("FETCH", url) end, 'http.request: expected a method such as GET, got "FETCH"')
  t.raises(function() http.request { methd = "GET" } end,
    'http.request: unknown option "methd" (known: body, headers, json, method, query, retry, timeout, url)')
end

-- ---- secrets

local function with_secret(t, fn)
  local host = t.host(function()
    return { status = 200, headers = {}, body = "" }
  end)
  local http = host.require "http"
  local ok, err = host.run(function() fn(http, host.secret "KEY", host.secret "OTHER") end)
  if not ok then
    error(err, 0)
  end
  return host.ops[1]
end

-- Pair by pair: stock Lua as Debian 12 has it (5.4.4-3+deb12u1) reads freed memory when a longer chain
-- of .. calls metamethods and its stack grows meanwhile.
local function cat(first, ...)
  for _, more in ipairs { ... } do
    first = first .. more
  end
  return first
end

function S.secrets_stand_where_texts_do(t)
  local op = with_secret(t, function(http, key, other)
    http.post(cat("https://a.example/bot", key, "/send?to=", other), {
      headers = { Authorization = "Bearer " .. key, ["X-Key"] = key, Accept = "text/plain" },
      query = { key = key, list = { "a b", cat("x y", other, 1) } },
      body = cat('{"key":"', key, '"}'),
    })
  end)
  local key, other = { name = "KEY" }, { name = "OTHER" }
  t.equal(op.args, {
    method = "POST",
    url = { ["$secret"] = { "https://a.example/bot", key, "/send?to=", other, "&key=", key, "&list=a%20b&list=x%20y",
      other, "1" } },
    headers = {
      Authorization = { ["$secret"] = { "Bearer ", key } },
      ["X-Key"] = { ["$secret"] = { key } },
      Accept = "text/plain",
    },
    body = { ["$secret"] = { '{"key":"', key, '"}' } },
  })
  t.equal(op.name, "POST a.example/bot[secret KEY]/send")
end

function S.a_secret_query_value_begins_the_query(t)
  local op = with_secret(t, function(http, key)
    http.get("https://a.example/x#part", { query = { q = key } })
  end)
  t.equal(op.args.url, { ["$secret"] = { "https://a.example/x?q=", { name = "KEY" } } })
end

function S.secrets_stand_nowhere_else(t)
  local http, key
  with_secret(t, function(module, secret)
    http, key = module, secret
    module.get "https://a.example/"
  end)
  local where = "http.get: a secret can stand in the path or the query of a URL, not before"
  t.raises(function() http.get(key) end, where)
  t.raises(function() http.get("https://" .. key) end, where)
  t.raises(function() http.get("https://a.example" .. key) end, where)
  t.raises(function() http.get(cat("https://a.example:", key, "/")) end, where)
  t.raises(function() http.get(cat("https://", key, "@a.example/")) end, where)
  t.raises(function() http.get(key .. "://a.example/") end, where)
  t.raises(function() http.get(cat("https://a.example/", key, "#x")) end, "http.get: a URL with a secret holds no #")
  t.raises(function() http.get(cat("https://a.example/", key, " x")) end,
    "http.get: a URL holds no blanks (put values into the query option)")
  t.raises(function() http.get("ftp://a.example/" .. key) end,
    'http.get: expected a URL such as https://shop.example/orders, got "ftp://a.example/"')
  t.raises(function() http.get("https://a.example/", { headers = { a = "x\n" .. key } }) end,
    "http.get: headers.a: a line break is not allowed")
  t.raises(function() http.post("https://a.example/", { body = "\xff" .. key }) end,
    "http.post: body must be text in UTF-8; binary data cannot be sent")
  t.raises(function() http.post("https://a.example/", { json = 1, body = key }) end,
    "http.post: give either json or body, not both")
end

function S.what_only_looks_like_a_secret_is_none(t)
  local http
  run(t, {}, function(module) http = module end)
  local fake = { ["$secret"] = { { name = "KEY" } } }
  local url = "https://a.example/"
  t.raises(function() http.get(fake) end, "http.get: expected a URL, got a table")
  t.raises(function() http.get(url, { headers = { a = fake } }) end,
    "http.get: headers.a: expected a string, number or boolean, got a table")
  t.raises(function() http.get(url, { query = { a = { fake } } }) end,
    "http.get: query.a: expected a string, number or boolean, got a table")
  t.raises(function() http.post(url, { body = fake }) end,
    "http.post: body: expected a string (or use the json option), got a table")
  t.equal(args_of(t, function(module) module.post(url, { json = fake }) end).body,
    '{"$secret":[{"name":"KEY"}]}')
end

return S
