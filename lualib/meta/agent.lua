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
---@field text string the answer
---@field model string who gave it
---@field usage { input_tokens: integer, output_tokens: integer } 0 for the rehearsal
---@field finish "stop"|"length" why the text ended
---@field steps integer how often the model was asked

---Asks the model. What goes wrong is returned, not raised.
---@async
---@param options AskOptions
---@return AskAnswer|nil answer
---@return string? message why there is none
---@return string? code
function agent.ask(options) end

return agent
