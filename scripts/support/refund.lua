-- SPDX-License-Identifier: MIT
-- One idea: it just keeps going. Every step is journaled, so when the host is killed in the middle of
-- this run (try it: kill -9), it goes on after the restart where it stood, and refunds once.
--
--   curl http://127.0.0.1:8080/api/v1.0/project/support/trigger/refund \
--     -H "x-api-key: $MOONTIDE_KEY" --json '{"ticketId":"T-1029","amount":42.5,
--       "message":"It arrived in two pieces. It should be one.",
--       "customer":{"name":"Ada Lovelace","tier":"gold"}}'

-- A real trigger would ask the shop: http.get("https://shop.example/orders/" .. id, { retry = 3 }):json()
local function load_order(ticket)
  return { id = "O-" .. ticket:gsub("%D", ""), item = "teapot", total = 42.5 }
end

return trigger {
  name   = "Refund request",
  id     = "scenario_a0f5822a-d94c-4545-b63c-3dd869a2ac99",
  input  = {
    ticketId = { type = "string", min = 1, max = 64 },
    amount   = { type = "number", min = 0.01 },
    message  = { type = "string", max = 2000, optional = true },
  },
  -- Who asks for more, or is nobody yet, is dropped here: a person should look at that.
  filter = { { "amount", "<", 100 }, { "customer.tier", "in", { "gold", "silver" } } },
  unique = "24h", -- the same body again within a day is the same request
  wait   = "30s",

  instruction = [[
Help {{customer.name | default:"a customer"}} ({{customer.tier}}) with ticket {{ticketId}}.
{{#if message}}
They say: {{message}}
{{/if}}
]],

  run = function(event, flow)
    local body = event.body
    flow.log("a refund is asked for", { instruction = event.instruction })

    local order = flow.step("load order", function()
      return load_order(body.ticketId)
    end, { retry = 3, timeout = "10s" })

    if body.amount > order.total then
      flow.fail(("%.2f was asked for, but the %s cost %.2f"):format(body.amount, order.item, order.total),
        "refund.too_much")
    end

    flow.sleep "2s" -- "2h" works just as well, and costs no memory meanwhile

    local receipt = flow.step("refund", function()
      return { order = order.id, amount = body.amount, at = os.date("!%Y-%m-%dT%H:%M:%SZ") }
    end)
    local reply = ("Sorry about the %s! %.2f is on its way."):format(order.item, body.amount)
    return { reply = reply, receipt = receipt }
  end,
}
