-- SPDX-License-Identifier: MIT
-- what: waits in a coroutine that a callback of gsub resumes
-- expect: failed script.error "cannot wait inside string.gsub or table.sort callbacks"
return trigger {
  run = function(_, flow)
    return (("x"):gsub("x", coroutine.wrap(function()
      flow.sleep "1ms"
    end)))
  end,
}
