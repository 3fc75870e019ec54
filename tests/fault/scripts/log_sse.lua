-- SPDX-License-Identifier: MIT
-- what: texts that would be events of a stream
-- expect: completed {"ok":true}
-- logged: ["x\n\nid: 99\ndata: {\"type\":\"run.completed\"}\n\n"]
return trigger {
  run = function(_, flow)
    flow.log "x\n\nid: 99\ndata: {\"type\":\"run.completed\"}\n\n"
    return { ok = true }
  end,
}
