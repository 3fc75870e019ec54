-- SPDX-License-Identifier: MIT
-- Coroutines: stock semantics, and waits for the host (wait(x) returns x) from inside of them. The whole file is run again with a
-- preemption at every instruction.
local function test(name, f)
  local ok, message = pcall(f)
  if not ok then
    error(name .. ": " .. tostring(message), 0)
  end
end

local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(text, 1, true), tostring(message))
end

local function list(...)
  local out = table.pack(...)
  for i = 1, out.n do
    out[i] = tostring(out[i])
  end
  return table.concat(out, " ")
end

test("values go in and out", function()
  local co = coroutine.create(function(a, b)
    local c, d = coroutine.yield(a + b, a * b)
    local e = coroutine.yield(c .. d)
    return e, "end"
  end)
  assert(list(coroutine.resume(co, 3, 4)) == "true 7 12" and coroutine.status(co) == "suspended")
  assert(list(coroutine.resume(co, "x", "y")) == "true xy")
  assert(list(coroutine.resume(co, nil)) == "true nil end" and coroutine.status(co) == "dead")
  assert(list(coroutine.resume(co)) == "false cannot resume dead coroutine")
  assert(list(coroutine.resume(coroutine.create(function() end))) == "true")
  assert(select("#", coroutine.resume(coroutine.create(function(...) return ... end), table.unpack({}, 1, 200))) == 201)
end)

test("generators", function()
  local function count(n)
    return coroutine.wrap(function()
      for i = 1, n do
        coroutine.yield(i, i * i)
      end
    end)
  end
  local sum = 0
  for i, square in count(20) do
    sum = sum + square - i
  end
  assert(sum == 2660)
  local function permutations(t, n)
    n = n or #t
    if n <= 1 then
      coroutine.yield(table.concat(t))
      return
    end
    for i = 1, n do
      t[n], t[i] = t[i], t[n]
      permutations(t, n - 1)
      t[n], t[i] = t[i], t[n]
    end
  end
  local all = {}
  for p in coroutine.wrap(function() permutations {"a", "b", "c"} end) do
    all[#all + 1] = p
  end
  assert(table.concat(all, " ") == "bca cba cab acb bac abc")
end)

test("status, running, isyieldable", function()
  local outer
  outer = coroutine.create(function()
    assert(coroutine.status(outer) == "running" and coroutine.running() == outer and coroutine.isyieldable())
    assert(select(2, coroutine.running()) == false and running_is_right())
    local inner = coroutine.create(function()
      assert(coroutine.status(outer) == "normal" and running_is_right())
      raises("cannot resume non-suspended coroutine", function() assert(coroutine.resume(outer)) end)
      raises("cannot close a normal coroutine", coroutine.close, outer)
    end)
    assert(coroutine.resume(inner))
    assert(coroutine.status(inner) == "dead" and running_is_right())
    raises("cannot resume non-suspended coroutine", function() assert(coroutine.resume(outer)) end)
    raises("cannot close a running coroutine", coroutine.close, outer)
  end)
  assert(coroutine.isyieldable(outer) and coroutine.resume(outer))
  local main, is_main = coroutine.running()
  assert(is_main == true and coroutine.status(main) == "running" and not coroutine.isyieldable() and running_is_right())
  raises("attempt to yield from outside a coroutine", coroutine.yield, 1)
  raises("coroutine expected", coroutine.resume, 1)
  raises("coroutine expected", coroutine.status)
  raises("function expected", coroutine.create, 1)
  raises("function expected", coroutine.wrap)
end)

test("errors", function()
  local co = coroutine.create(function() error({code = 7}) end)
  local ok, err = coroutine.resume(co)
  assert(not ok and err.code == 7 and coroutine.status(co) == "dead" and running_is_right())
  local wrapped = coroutine.wrap(function() coroutine.yield(1) error("broken") end)
  assert(wrapped() == 1)
  raises("broken", wrapped)
  raises("cannot resume dead coroutine", wrapped)
  ok, err = pcall(coroutine.wrap(function() error({code = 8}) end))
  assert(not ok and err.code == 8)
  co = coroutine.create(function()
    local inside, message = pcall(function() coroutine.yield("in") error("x", 0) end)
    return inside, message
  end)
  assert(list(coroutine.resume(co)) == "true in" and list(coroutine.resume(co)) == "true false x")
end)

test("close", function()
  local closed = {}
  local function closing(name, err)
    return setmetatable({}, {__close = function(_, e)
      closed[#closed + 1] = name .. ":" .. tostring(e)
      assert(running_is_right())
      if err then
        error(err, 0)
      end
    end})
  end
  local co = coroutine.create(function()
    local a <close> = closing "a"
    local b <close> = closing "b"
    coroutine.yield()
  end)
  coroutine.resume(co)
  assert(coroutine.close(co) == true and coroutine.status(co) == "dead" and table.concat(closed, " ") == "b:nil a:nil")
  closed = {}
  co = coroutine.create(function()
    local a <close> = closing "a"
    local b <close> = closing("b", "second")
    coroutine.yield()
  end)
  coroutine.resume(co)
  assert(list(coroutine.close(co)) == "false second" and table.concat(closed, " ") == "b:nil a:second")
  closed = {}
  raises("first", coroutine.wrap(function()
    local a <close> = closing "a"
    error("first", 0)
  end))
  assert(table.concat(closed, " ") == "a:first", table.concat(closed))
  assert(coroutine.close(coroutine.create(print)) == true and running_is_right())
  -- closes inside closes have an end
  local deepest = 0
  local function nest(n)
    deepest = n
    local inner = coroutine.create(function()
      local x <close> = setmetatable({}, {__close = function() nest(n + 1) end})
      coroutine.yield()
    end)
    coroutine.resume(inner)
    assert(coroutine.close(inner))
  end
  raises("too many nested coroutines", nest, 1)
  assert(deepest == 6)
end)

test("nesting has a limit", function()
  local deepest = 0
  local function nest(n)
    deepest = n
    return coroutine.wrap(nest)(n + 1)
  end
  raises("too many nested coroutines", nest, 0)
  assert(deepest == 50, deepest)
end)

test("a wait goes through nested coroutines", function()
  assert(wait(5) == 5)
  local trace = {}
  local function note(text)
    trace[#trace + 1] = text
  end
  local a = coroutine.wrap(function(x)
    note("a" .. wait(x))
    local b = coroutine.wrap(function(y)
      note("b" .. wait(y))
      local c = coroutine.create(function(z)
        note("c" .. wait(z))
        local got = coroutine.yield(wait("from c"))
        note(got .. wait("again"))
        assert(running_is_right())
        return "done c"
      end)
      note(list(coroutine.resume(c, y + 1)))
      coroutine.yield(wait("from b"))
      note(list(coroutine.resume(c, "back")))
      return "done b"
    end)
    note(b(x + 1))
    note(b())
    return wait("done a"), wait(nil)
  end)
  assert(list(a(1)) == "done a nil" and running_is_right())
  assert(table.concat(trace, ",") == "a1,b2,c3,true from c,from b,backagain,true done c,done b", table.concat(trace, ","))
end)

test("errors behind a wait", function()
  local ok, message = pcall(coroutine.wrap(function()
    return coroutine.wrap(function()
      wait(1)
      error("deep", 0)
    end)()
  end))
  assert(not ok and message:find("deep$"), message)
  local co = coroutine.create(function()
    wait(1)
    local inside, err = pcall(function() wait(2) error({code = 5}) end)
    assert(not inside)
    wait(3)
    error(err)
  end)
  local ok2, err = coroutine.resume(co)
  assert(not ok2 and err.code == 5 and coroutine.status(co) == "dead")
end)

test("waits in iterators, metamethods and handlers", function()
  local n = 0
  for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(wait(i)) end end) do
    n = n + wait(v)
  end
  assert(n == 6)
  local t = setmetatable({}, {__index = coroutine.wrap(function() while true do coroutine.yield(wait("indexed")) end end)})
  assert(t.x == "indexed" and t.y == "indexed")
  local closed
  do
    local x <close> = setmetatable({}, {__close = function() closed = wait("closed") end})
  end
  assert(closed == "closed")
end)

test("no wait begins where it could not be passed on", function()
  assert(can_wait())
  local seen
  ;("x"):gsub("x", function()
    assert(not can_wait())
    local co = coroutine.create(function()
      seen = can_wait()
      raises("cannot wait here", wait, 1)
      coroutine.yield(1)
      return can_wait()
    end)
    assert(list(coroutine.resume(co)) == "true 1" and list(coroutine.resume(co)) == "true false")
  end)
  assert(seen == false and can_wait())
  -- begun there, gone on with where waiting is possible
  local co = coroutine.create(function()
    coroutine.yield()
    return wait("later")
  end)
  ;("x"):gsub("x", function() coroutine.resume(co) end)
  assert(list(coroutine.resume(co)) == "true later")
end)

test("wrap inside wrap inside pcall", function()
  local function chain(n)
    if n == 0 then
      return wait("bottom")
    end
    local ok, v = pcall(coroutine.wrap(function() return chain(n - 1) end))
    assert(ok, v)
    return v
  end
  assert(chain(20) == "bottom")
end)

test("many coroutines alive", function()
  local all = {}
  for i = 1, 100 do
    all[i] = coroutine.wrap(function() for round = 1, 3 do coroutine.yield(i * round) end end)
  end
  local sum = 0
  for _ = 1, 3 do
    for i = 1, 100 do
      sum = sum + all[i]()
    end
  end
  assert(sum == 30300)
end)
