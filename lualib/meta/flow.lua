---@meta flow
-- SPDX-License-Identifier: MIT

---What a run can do with its time. It is the second argument of `run`.
---@class flow
local flow = {}

---@class StepOptions
---@field retry? integer|Retry try again when fn raises; `on` then lists the codes of errors
---@field timeout? Duration of each try; past it fn and all it waits for is cancelled, with code "timeout"

---Groups the calls that fn makes under a name, so that they can be seen, retried and timed out together.
---Its first result is recorded for people to look at, if it is JSON of at most 32 KB.
---@async
---@generic T
---@param name string
---@param fn fun(): T, ...
---@param options? StepOptions
---@return T ... what fn returned
function flow.step(name, fn, options) end

---Waits. The run leaves memory meanwhile, and survives restarts.
---@async
---@param time Duration
function flow.sleep(time) end

---Waits until a moment. What lies in the past does not wait.
---@async
---@param time number|string seconds as os.time() gives, or "2030-01-31T08:00:00Z"
function flow.sleep_until(time) end

---Runs all functions at once. The first error cancels the others and is raised.
---@async
---@param list (fun(): any)[]
---@return any[] results the first result of each, in the order of the list
function flow.all(list) end

---Runs all functions at once. The first one to end decides: its results or its error; the others are cancelled.
---@async
---@param list (fun(): ...)[]
---@return any ... its results
function flow.race(list) end

---Leaves a record for people. Not a step.
---@param message string
---@param data? any JSON, at most 64 KB
function flow.log(message, data) end

---Tells the readers of the run's stream how it is getting on. Not a step.
---@param name string
---@param data? any JSON, at most 64 KB
function flow.emit(name, data) end

---Ends the run as failed. pcall does not stop it.
---@param message string
---@param code? string stable, such as "order.unknown" (default "script.fail")
function flow.fail(message, code) end

return flow
