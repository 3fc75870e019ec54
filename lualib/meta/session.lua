---@meta session
-- SPDX-License-Identifier: MIT

---The conversation that a run belongs to.
---@class session
local session = {}

---@class SessionMessage
---@field role "user"|"assistant" who said it
---@field text string what was said
---@field run string the run that it was said in
---@field at string when, "2026-11-21T08:00:00.123Z"

---Gives what was said so far, oldest first, at most the newest 200 messages. A step.
---@async
---@param id? string default: the run's own session
---@return SessionMessage[]
function session.history(id) end

return session
