-- SPDX-License-Identifier: MIT
-- One idea: a file is an endpoint. This one is scripts/default/hello.lua, so it answers here:
--
--   curl http://127.0.0.1:8080/api/v1.0/project/default/trigger/hello \
--     -H "x-api-key: $MOONTIDE_KEY" --json '{"name":"Ada"}'
--
-- Change a greeting, save, and call it again: saving is the deployment.

local greetings = {
  "Hello, %s! The tide is in.",
  "%s! There you are. I saved you a wave.",
  "Good to see you, %s. The moon says hi.",
}

return trigger {
  name  = "Hello",
  input = { name = { type = "string", min = 1, max = 80, optional = true } },

  run = function(event, flow)
    local name = event.body.name or "stranger"
    flow.log("somebody is here", { name = name })
    -- math.random is seeded by the run: should this run be rebuilt after a crash, it greets the same.
    local greeting = greetings[math.random(#greetings)]
    return { greeting = greeting:format(name), run = event.runId }
  end,
}
