-- SPDX-License-Identifier: MIT
-- One idea: a run can be watched while it runs. This one takes about ten seconds and says how it gets on.
-- It does not make the caller wait (wait = false): the answer comes at once and names the run.
--
--   curl http://127.0.0.1:8080/api/v1.0/project/ops/trigger/slow \
--     -H "x-api-key: $MOONTIDE_KEY" --json '{"seconds":10}'
--
--   moontide runs follow RUN        (or open http://127.0.0.1:8080/ and look at it there)

local moods = { "stretching", "reading the tide table", "counting waves", "losing count", "counting again" }

return trigger {
  name  = "Slow and steady",
  input = { seconds = { type = "integer", min = 1, max = 3600, optional = true } },
  wait  = false,

  run = function(event, flow)
    local seconds = event.body.seconds or 10
    local started = os.time()

    -- Two at once: a ticking clock, and a tide that comes in three tries.
    local results = flow.all {
      function()
        for second = 1, seconds do
          flow.emit("tick", {
            percent = second * 100 // seconds,
            mood = moods[(second - 1) % #moods + 1],
          })
          flow.sleep "1s"
        end
        return seconds
      end,
      function()
        local tries = 0
        return flow.step("tide", function()
          tries = tries + 1
          flow.sleep "500ms"
          if tries < 3 then
            error { code = "tide.out", message = "the tide is still out" }
          end
          return "in, on try " .. tries
        end, { retry = { times = 5, first = "500ms", on = { "tide.out" } } })
      end,
    }

    return { ticks = results[1], tide = results[2], took = os.time() - started }
  end,
}
