-- SPDX-License-Identifier: MIT
-- One idea: most requests are none of your business. The filter below is data, judged without starting
-- any Lua: pushes to other branches are dropped with a 400 that names the condition.
--
-- A GitHub push webhook's payload, in short (GitHub sends much more; unknown fields simply pass):
--
--   curl http://127.0.0.1:8080/api/v1.0/project/github/trigger/push \
--     -H "x-api-key: $MOONTIDE_KEY" --json '{
--       "ref": "refs/heads/main",
--       "compare": "https://github.com/ada/engine/compare/6113728f27ae...4d2ab4e76d0d",
--       "repository": { "full_name": "ada/engine", "html_url": "https://github.com/ada/engine" },
--       "pusher": { "name": "ada" },
--       "commits": [
--         { "id": "1f0c0a8d2c5e", "message": "Carry the one", "author": { "name": "Ada Lovelace" },
--           "added": ["mill.c"], "removed": [], "modified": ["README.md"] },
--         { "id": "4d2ab4e76d0d", "message": "Explain the carry\n\nIt was subtle.",
--           "author": { "name": "Charles Babbage" }, "added": [], "removed": ["notes.txt"], "modified": [] }
--       ] }'

local function first_line(text)
  return text:match("^[^\r\n]*")
end

local commit = { type = "object", fields = { id = "string", message = "string" } }

return trigger {
  name   = "Push to the main branch",
  input  = {
    ref        = "string",
    repository = { type = "object", fields = { full_name = "string" } },
    commits    = { type = "array", items = commit },
  },
  filter = {
    { "ref", "in", { "refs/heads/main", "refs/heads/master" } },
    { "repository.full_name", "exists", true },
    { ["not"] = { { "deleted", "=", true } } },
  },
  body   = "4MB", -- a push of many commits is a large thing

  -- A template over the body. A line that holds only a tag vanishes with it.
  instruction = [[
{{pusher.name | default:"Somebody"}} pushed to {{repository.full_name}}:
{{#each commits}}
{{@number}}. {{message}} ({{author.name | default:"unknown"}})
{{else}}
Nothing, apparently.
{{/each}}
{{#if compare}}
All of it: {{compare}}
{{/if}}
]],

  run = function(event, flow)
    local touched = 0
    for _, pushed in ipairs(event.body.commits) do
      -- A step groups work under a name; the run page shows it with its result.
      touched = touched + flow.step("commit " .. pushed.id:sub(1, 7), function()
        local files = #(pushed.added or {}) + #(pushed.removed or {}) + #(pushed.modified or {})
        flow.log(first_line(pushed.message), { files = files, author = pushed.author and pushed.author.name })
        return files
      end)
    end
    return { summary = event.instruction, commits = #event.body.commits, files = touched }
  end,
}
