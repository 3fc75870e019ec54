-- SPDX-License-Identifier: MIT
-- spec.lua FOLDER FILE… - runs the *_spec.lua files; each returns a table of name -> function(t).
-- Prints a line for each failure and one for each file; exits 1 if there was a failure.
local folder = arg[1]
local fake_host = dofile(folder .. "/fake_host.lua")
fake_host.folder = folder

local function show(value)
  if type(value) ~= "table" then
    return type(value) == "string" and string.format("%q", value) or tostring(value)
  end
  local keys, parts = {}, {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for i, key in ipairs(keys) do
    parts[i] = tostring(key) .. " = " .. show(value[key])
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local T = {}
T.__index = T
T.root = folder .. "/../.."

function T.equal(found, wanted)
  if show(found) ~= show(wanted) then
    error(string.format("found %s, wanted %s", show(found), show(wanted)), 2)
  end
end

-- fn must raise a message with the line that `line` names, counted from the function's first one.
function T.raises(fn, wanted)
  local ok, err = pcall(fn)
  if ok then
    error("raised nothing", 2)
  end
  local info = debug.getinfo(fn, "S")
  local line = tonumber(string.match(tostring(err), "_spec%.lua:(%d+): "))
  local text = string.gsub(tostring(err), "^.-_spec%.lua:%d+: ", "")
  if text ~= wanted then
    error(string.format("raised %q, wanted %q", text, wanted), 2)
  elseif not line or line < info.linedefined or line > info.lastlinedefined then
    error(string.format("raised at line %s, not in the script: %s", line, tostring(err)), 2)
  end
end

function T.host(answers)
  return fake_host.new(answers or function(kind)
    error("no answer for " .. kind)
  end)
end

local passed, failed = 0, 0
for i = 2, #arg do
  local specs, names = dofile(arg[i]), {}
  for name in pairs(specs) do
    names[#names + 1] = name
  end
  table.sort(names)
  local before = failed
  for _, name in ipairs(names) do
    local ok, err = xpcall(specs[name], debug.traceback, T)
    if ok then
      passed = passed + 1
    else
      failed = failed + 1
      print(string.format("FAILED %s: %s", name, err))
    end
  end
  local file = string.match(arg[i], "[^/]*$")
  print(string.format("%s: %d of %d", file, #names - (failed - before), #names))
end
print(string.format("%d passed, %d failed", passed, failed))
os.exit(failed == 0)
