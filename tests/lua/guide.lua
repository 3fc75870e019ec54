-- SPDX-License-Identifier: MIT
-- guide.lua ROOT MOONTIDE [--write] - what lualib/README.md says is true:
--   * its parts between <!-- reference NAME --> and <!-- end --> are those made from lualib/meta
--     (--write puts them there);
--   * lualib/meta has every function of every module, as the runner of MOONTIDE has it, and no other;
--   * lualib/meta has every field of a declaration that the host takes, and no other;
--   * scripts/README.md links each example in scripts/;
--   * each Lua example is a trigger that `MOONTIDE check` accepts, in a folder with the libs it shows.
local root, moontide, mode = ...
local problems = 0

local function complain(text, ...)
  problems = problems + 1
  io.stderr:write(string.format(text, ...), "\n")
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  local ok = pipe:close()
  return text, ok
end

-- ---- lualib/meta

-- Splits "table<string, integer> how many" into the type and the rest of the line.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[<({]" then
      depth = depth + 1
    elseif c:find "[>)}]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(1, at - 1):find "[:,|]$" then
      break
    end
    at = at + 1
  end
  return text:sub(1, at - 1), text:sub(at + 1)
end

local function take_tag(block, tag, rest)
  if tag == "class" then
    local name, parent = rest:match "^(%w+): (%w+)$"
    block.class, block.parent = name or rest:match "^%w+", parent
  elseif tag == "field" then
    local name, more = rest:match "^(%S+) (.*)$"
    local kind, text = split_type(more)
    block.fields[#block.fields + 1] = { name = name, kind = kind, text = text }
  elseif tag == "param" then
    local name, more = rest:match "^(%S+) (.*)$"
    block.optional[name:gsub("%?$", "")] = name:find "%?$" ~= nil
    split_type(more)
  elseif tag == "return" then
    local kind, name = split_type(rest)
    block.returns[#block.returns + 1] = { kind = kind, name = name:match "^[%w.]+" }
  end
end

local function new_block()
  return { text = {}, fields = {}, optional = {}, returns = {} }
end

-- Functions in their order, and classes by name.
local function read_meta(path, functions, classes)
  local block = new_block()
  for line in io.lines(path) do
    local tag, rest = line:match "^%-%-%-@(%w+)%s*(.*)$"
    local text = line:match "^%-%-%-(.*)$"
    local name, parameters = line:match "^function ([%w_.:]+)%((.-)%) end$"
    if tag then
      take_tag(block, tag, rest)
    elseif text then
      block.text[#block.text + 1] = text
    else
      if name then
        block.name, block.parameters = name, parameters
        functions[#functions + 1] = block
      elseif block.class then
        classes[block.class] = block
      end
      block = new_block()
    end
  end
end

local FILES = { "types", "http", "flow", "agent", "session", "json", "template", "secret" }

local function read_all_meta()
  local functions, classes = {}, {}
  for _, name in ipairs(FILES) do
    read_meta(root .. "/lualib/meta/" .. name .. ".lua", functions, classes)
  end
  return functions, classes
end

-- ---- the generated parts

-- Of a table of Markdown, within backquotes and outside of them.
local function code_cell(text)
  return "`" .. text:gsub("|", "\\|") .. "`"
end

local function text_cell(text)
  return (text:gsub("|", "\\|"):gsub("<", "&lt;"))
end

-- "string|Secret|nil" reads "string or Secret or nil" in a table.
local function kind_words(kind)
  return (kind:gsub("|", " or "))
end

local function signature(f)
  local parameters = {}
  for name in f.parameters:gmatch "[^, ]+" do
    parameters[#parameters + 1] = name .. (f.optional[name] and "?" or "")
  end
  local returns = {}
  for i, r in ipairs(f.returns) do
    local named = r.name and (r.name == "..." or #f.returns > 1)
    returns[i] = kind_words(r.kind) .. (named and " " .. r.name or "")
  end
  local text = f.name .. "(" .. table.concat(parameters, ", ") .. ")"
  return text .. (returns[1] and " → " .. table.concat(returns, ", ") or "")
end

-- The sentences of a description; what is indented in it is an example.
local function prose(lines)
  local kept = {}
  for _, line in ipairs(lines) do
    if not line:find "^    " then
      kept[#kept + 1] = line
    end
  end
  return table.concat(kept, " ")
end

local function functions_table(functions, module)
  local lines = { "| call | what it does |", "| --- | --- |" }
  for _, f in ipairs(functions) do
    if f.name == module or f.name:match "^(%w+)[.:]" == module then
      lines[#lines + 1] = string.format("| %s | %s |", code_cell(signature(f)), text_cell(prose(f.text)))
    end
  end
  return lines
end

local function fields_table(class)
  local lines = { "| field | type | |", "| --- | --- | --- |" }
  for _, field in ipairs(class.fields) do
    local name, kind = code_cell(field.name), code_cell(kind_words(field.kind))
    lines[#lines + 1] = string.format("| %s | %s | %s |", name, kind, text_cell(field.text))
  end
  return lines
end

local function generate(functions, classes, name)
  local class = classes[name]
  if class and class.fields[1] and name:find "^%u" then
    return table.concat(fields_table(class), "\n")
  end
  return table.concat(functions_table(functions, name), "\n")
end

-- The guide with its parts made anew, and the set of their names.
local function regenerate(guide, functions, classes)
  local seen = {}
  local new = guide:gsub("(<!%-%- reference (%w+) %-%->\n).-(<!%-%- end %-%->)", function(open, name, close)
    seen[name] = true
    return open .. generate(functions, classes, name) .. "\n" .. close
  end)
  return new, seen
end

local function check_parts(guide, functions, classes)
  local path = root .. "/lualib/README.md"
  local new, seen = regenerate(guide, functions, classes)
  if mode == "--write" then
    write(path, new)
  elseif new ~= guide then
    complain("%s: a table is not what lualib/meta says (lua tests/lua/guide.lua ROOT MOONTIDE --write)", path)
  end
  for name, class in pairs(classes) do
    if class.fields[1] and name:find "^%u" and not seen[name] then
      complain("%s: no <!-- reference %s -->", path, name)
    end
  end
  for _, f in ipairs(functions) do
    local module = f.name:match "^(%w+)"
    if not seen[module] and module ~= "trigger" and module ~= "response" then
      complain("%s: no <!-- reference %s -->", path, module)
    end
  end
  return new
end

-- ---- what the host and the runner have

local function folder_of_scripts(files)
  local folder = os.tmpname()
  os.remove(folder)
  for path, text in pairs(files) do
    os.execute("mkdir -p " .. quote((folder .. "/" .. path):match "^(.*)/"))
    write(folder .. "/" .. path, text)
  end
  return folder
end

local function check_scripts(files)
  local folder = folder_of_scripts(files)
  local text, ok = output_of(quote(moontide) .. " check --scripts " .. quote(folder))
  os.execute("rm -rf " .. quote(folder))
  return text, ok
end

-- The functions of all modules, as a script that is being checked sees them.
local function real_functions()
  local probe = [[
    local names = {}
    for _, module in ipairs { "http", "flow", "agent", "session", "json", "template" } do
      for name, value in pairs(require(module)) do
        if type(value) == "function" then
          names[#names + 1] = module .. "." .. name
        end
      end
    end
    names[#names + 1] = type(secret) == "function" and require "secret" == secret and "secret" or nil
    error("<" .. table.concat(names, " ") .. ">")]]
  local text = check_scripts { ["p/k.lua"] = probe }
  local real = {}
  for name in (text:match "<(.-)>" or ""):gmatch "%S+" do
    real[name] = true
  end
  return real
end

local function compare(what, real, meta)
  for name in pairs(real) do
    if not meta[name] then
      complain("lualib/meta lacks the %s %s", what, name)
    end
  end
  for name in pairs(meta) do
    if not real[name] then
      complain("lualib/meta has the %s %s, which does not exist", what, name)
    end
  end
end

local function check_functions(functions)
  local meta = {}
  for _, f in ipairs(functions) do
    local module = f.name:match "^(%w+)"
    if module ~= "trigger" and module ~= "response" then
      meta[f.name] = true
    end
  end
  compare("function", real_functions(), meta)
end

local function names_of(class)
  local names = {}
  for _, field in ipairs(class.fields) do
    names[field.name:gsub("%?$", "")] = true
  end
  return names
end

local function check_fields(classes)
  local manifest = read(root .. "/host/domain/manifest/manifest.c")
  local taken, limits, presets = {}, {}, {}
  for name in manifest:gmatch '{"([%w_]+)", take_%w+}' do
    taken[name] = true
  end
  for name in manifest:gmatch '{"(%w+)", VALUE_' do
    limits[name] = true
  end
  compare("field of a declaration", taken, names_of(classes.Declaration))
  compare("limit", limits, names_of(classes.Limits))
  local rules = read(root .. "/host/domain/proof/signature_rule.c")
  for name in rules:gmatch '{"(%l+)",%s*"%u+_WEBHOOK_SECRET"' do
    presets[name] = true
  end
  local listed = {}
  for name in read(root .. "/lualib/meta/types.lua"):match("@alias SignaturePreset ([^\n]+)"):gmatch '"(%l+)"' do
    listed[name] = true
  end
  compare("preset", presets, listed)
end

-- ---- the examples

-- A block "```lua" is a file. Its first line may name it, "-- scripts/shop/order.lua"; what has no
-- name is a trigger of its own.
local function examples(guide)
  local files, count = {}, 0
  for text in guide:gmatch "\n```lua\n(.-)\n```" do
    count = count + 1
    local path = text:match "^%-%- scripts/(%S+%.lua)" or string.format("guide/example-%d.lua", count)
    if files[path] then
      complain("lualib/README.md: two examples are called %s", path)
    end
    files[path] = text
  end
  return files, count
end

local function check_examples(guide)
  local files, count = examples(guide)
  if count < 10 then
    complain("lualib/README.md: only %d examples were found", count)
  end
  local text, ok = check_scripts(files)
  if not ok then
    complain("lualib/README.md: an example is not accepted:\n%s", text)
  end
end

local function check_scripts_readme()
  local text = read(root .. "/scripts/README.md")
  local paths = output_of("cd " .. quote(root .. "/scripts") .. " && ls */*.lua")
  for path in paths:gmatch "%S+" do
    if not text:find("(" .. path .. ")", 1, true) then
      complain("scripts/README.md does not link %s", path)
    end
  end
end

local functions, classes = read_all_meta()
local guide = check_parts(read(root .. "/lualib/README.md"), functions, classes)
check_functions(functions)
check_fields(classes)
check_examples(guide)
check_scripts_readme()
os.exit(problems == 0)
