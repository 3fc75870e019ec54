-- SPDX-License-Identifier: MIT
-- session: the conversation that a run belongs to. It is the caller's session id, within the project.
local _, host = ...
local failure = require "failure"

local M = {}

---@async
function M.history(id)
  local count = type(id) == "string" and utf8.len(id)
  if id ~= nil and not (count and count >= 1 and count <= 256) then
    error("session.history: expected a session id of 1 to 256 characters, " .. failure.got(id), 2)
  end
  local ok, answer = host.op("session", "history", { session = id })
  if not ok then
    error(failure.new(answer.code, "session.history: " .. answer.message, 2), 0)
  end
  return answer.messages
end

return M
