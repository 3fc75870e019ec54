---@meta agent
-- SPDX-License-Identifier: MIT

---Questions to a language model, each one a step. Its text is streamed to the run's readers while it comes.
---@class agent
local agent = {}

---@class AskOptions
---@field instruction? string what it shall do
---@field system? string who it is and how it behaves
---@field model? string default: the host's; without one configured, "rehearsal", which is no language model
---@field session? string|false whose history it is told and this turn is added to (default: the run's own; false: none)
---@field context? table<string, any> what it may need to know
---@field temperature? number 0 to 2

---@class AskAnswer
---@field text string
---@field model string
---@field usage { input_tokens: integer, output_tokens: integer }
---@field finish "stop"|"length"
---@field steps integer

---@async
---@param options AskOptions
---@return AskAnswer|nil answer
---@return string? message why there is none
---@return string? code
function agent.ask(options) end

return agent
