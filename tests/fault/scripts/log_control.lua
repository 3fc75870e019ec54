-- SPDX-License-Identifier: MIT
-- what: records of control characters, which are data
-- expect: completed {"ok":true}
-- logged: ["\u001b[31m\r\nforged","a\tb","print\u0007"]
return trigger {
  run = function(_, flow)
    flow.log("\27[31m\r\nforged", { ["\27"] = "\r\n\r\ndata: x" })
    print("a", "b")
    print "print\7"
    return { ok = true }
  end,
}
