-- SPDX-License-Identifier: MIT
-- what: the bytes of the border's frames, in everything that crosses it
-- expect: completed {"echo":"\u0010\u0001"}
return trigger {
  run = function(_, flow)
    local frame = "\x01\x48@ABCDEFG"
    flow.log(frame .. "\x04\x49finished", { [frame] = frame })
    flow.emit("FRAME_FINISHED", frame:rep(1000))
    flow.step("event: run.completed", function() return frame end)
    return { echo = "\x10\x01" }
  end,
}
