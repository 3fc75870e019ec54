---@meta secret
-- SPDX-License-Identifier: MIT

---A value that the host keeps and this script never sees. It can be joined with strings by `..` and
---given to http as URL (path and query), query value, header or body; the host puts the value in, for
---the hosts that the secret is meant for (`moontide secret set NAME --host HOST`), and nowhere else.
---Everything else fails: it has no length, cannot be compared, returned, logged or written as JSON.
---`tostring` gives "[secret NAME]", which is also what stands in an answer that repeats the value.
---@class Secret
---@operator concat(string|number|Secret): Secret

---A place for a value of the host, by its name. Not a step.
---@param name string capitals, digits and _, such as "SHOP_KEY"
---@return Secret
function secret(name) end
