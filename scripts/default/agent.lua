-- SPDX-License-Identifier: MIT
-- One idea: a trigger without `run` is an agent. What the caller tells it goes to the model, together with
-- what was said in this session before; the model's answer is the run's result.
--
--   curl http://127.0.0.1:8080/api/agent/trigger/ -H "Authorization: Bearer $TOKEN" \
--     --json '{"session_id":"tide-1","instruction":"When is high water?"}'
--
-- The token says which project is meant, and scripts/<that project>/agent.lua answers:
--
--   TOKEN=$(moontide key create --name harbour --allow project.trigger --default-project default)
--
-- It is never waited for: `moontide runs follow RUN` shows the words as they come. With no model configured
-- the built-in rehearsal speaks, which is no language model, and says so.

return trigger {
  name  = "Harbour agent",
  input = { instruction = { type = "string", max = 2000, optional = true } },

  -- Whoever rings without a word is asked what they want. ({{instruction}} is the body's.)
  instruction = "{{instruction | default:\"Greet the visitor and ask what they would like to know.\"}}",
}
