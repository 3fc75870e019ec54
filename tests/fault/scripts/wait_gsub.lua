-- SPDX-License-Identifier: MIT
-- what: waits in a callback of gsub
-- expect: failed script.error "flow.sleep: cannot wait inside string.gsub or table.sort callbacks"
return trigger {
  run = function(_, flow)
    return (("x"):gsub("x", function()
      flow.sleep "1ms" -- HERE
    end))
  end,
}
