---@meta template
-- SPDX-License-Identifier: MIT

---Text with places for values. Not a step, and no code runs in it.
---@class template
local template = {}

---Puts values into a text:
---    {{a.b}} {{lines.0.id}}          a value; list items count from 0; what is missing renders empty
---    {{a | json}}                    its JSON
---    {{a | default:"x"}}             "x" when it is missing, null or ""
---    {{#if a}}…{{else}}…{{/if}}      missing, null, false, "" and empty tables are false; 0 is true
---    {{#each list}}…{{else}}…{{/each}}  names are looked up in the item first, then outside;
---                                    {{this}}, {{@index}} from 0, {{@number}} from 1
---    {{! a note }}
---Strings appear as they are, everything else as JSON. A block tag alone on its line takes the line with it.
---Raises with the line when the template is malformed: "line 3: {{#if}} without {{/if}}".
---@param text string
---@param values? table
---@return string
function template.render(text, values) end

return template
