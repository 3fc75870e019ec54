---@meta
-- SPDX-License-Identifier: MIT
-- What scripts are given, for the Lua language server: completion and warnings while writing.
-- Point "Lua.workspace.library" of .luarc.json at this folder.

---A wait such as "250ms" "30s" "5m" "2h" "3d".
---@alias Duration string

---"64KB" "16MB" or plain bytes.
---@alias Size string|integer

---{ "amount", "<", 100 }; { any = { … } } and { ["not"] = { … } } combine conditions.
---Operators: = ~= < <= > >= in contains starts ends matches exists. A list holds when all hold.
---@alias Condition table

---The type of a field: "string" "number" "integer" "boolean" "object" "array" "any", or in long form.
---@alias Field string|FieldSchema

---@class FieldSchema
---@field type "string"|"number"|"integer"|"boolean"|"object"|"array"|"any" an integer is any whole number within 64 bits; `1.0` is one
---@field optional? boolean it may be missing or null (default false)
---@field min? number fewest characters, smallest number, fewest items
---@field max? number most characters, largest number, most items
---@field pattern? string of a string: a regular expression as in JavaScript with the u flag; it matches anywhere unless it has ^ and $
---@field format? "date-time"|"date"|"time"|"duration"|"email"|"hostname"|"ipv4"|"ipv6"|"uri"|"uuid" of a string
---@field enum? any[] the values allowed
---@field fields? table<string, Field> of an object
---@field items? Field of an array

---Bounds of a run. A trigger may ask for less or, up to the host's ceilings, for more.
---@class Limits
---@field cpu? Duration between two steps (default "250ms")
---@field memory? Size of the script's values (default "16MB")
---@field steps? integer number of steps (default 1000)
---@field output? Size of a result or of a step's arguments (default "1MB")
---@field record? Size of a log or progress record (default "64KB")
---@field wall? Duration from start to end, with all waiting (default "30d")

---@alias SignaturePreset "github"|"gitlab"|"shopify"|"slack"|"standard"|"stripe"|"svix"|"twilio"

---How a sender signs its webhooks: a preset, or a header with an HMAC in it.
---@class Signature
---@field preset? SignaturePreset its secret is called GITHUB_WEBHOOK_SECRET and so on unless `secret` says else
---@field secret? string|string[] names of secrets (`moontide secret set NAME --verify`); any that exists will do
---@field header? string that holds the signature
---@field algorithm? "sha256"|"sha1"|"sha512" default "sha256"
---@field encoding? "hex"|"base64" default "hex"
---@field prefix? string in front of the signature, "sha256="
---@field signed? string what is signed: "{body}" (default) or with a time, "{timestamp}.{body}"
---@field timestamp_header? string that holds the time, in Unix seconds; five minutes off are too much
---@field delivery_header? string that names the delivery: repeats get the first answer

---@class Declaration
---@field name? string shown to people; unique in the project (default: the key)
---@field id? string workflow id, unique in the host (default "<project>.<key>")
---@field input? table<string, Field> what the body must look like; other fields pass
---@field defaults? table<string, any> a request's body is merged over these
---@field filter? Condition[]|fun(event: Event): boolean, string? who does not pass is dropped
---@field unique? boolean|Duration equal bodies start one run, for ever or within the time
---@field wait? Duration|false how long the caller waits for the result (default "60s")
---@field instruction? string|fun(event: Event): string a template over the inputs, or a function that gives the text
---@field run? fun(event: Event, flow: flow): any what it returns is the response (default: the agent's answer to the instruction)
---@field webhook? boolean false: no webhook secret opens it (default true)
---@field session? "parallel" two runs of one session go side by side, which is the default
---@field origins? string|string[] web pages (https://shop.example) whose scripts may read its answers
---@field widget? boolean true: pages of `origins` may start it with a publishable key
---@field verify? SignaturePreset|Signature requests must bear their sender's signature, in place of an API key at the project address, else beside it
---@field allow? string[] addresses and networks that may call it; empty: all
---@field block? string[] addresses and networks that may not, whatever `allow` says
---@field paused? boolean true: answers as if the trigger were not there
---@field body? Size largest body (default "1MB")
---@field limits? Limits see there

---Declares the trigger of this file. `return trigger { … }` is its last statement.
---@param declaration Declaration
---@return Declaration
function trigger(declaration) end

---What started the run. Read-only.
---@class Event
---@field body table the request's JSON; an empty table when nothing was sent
---@field inputs table the body merged over the trigger's defaults
---@field instruction? string rendered from the trigger's template, or the body's own
---@field sessionId string the caller's, or a fresh one
---@field environment string "api" unless the caller says otherwise
---@field language? string ISO 639-1, lower case
---@field timezone? string IANA name
---@field customer? table<string, any> as the caller gave it; flat
---@field context? table<string, string|number|boolean> as the caller gave it; flat, without what was null
---@field headers table<string, string> names in lower case; credentials are removed
---@field kind "api"|"webhook"|"flow"|"agent"|"scenario"|"widget" the door that it came through; "webhook" for signed requests too
---@field runId string "run_01k…"
---@field at string when the run started, "2026-11-21T08:00:00.123Z"

---How a call is tried again: a number of times, or in detail.
---@class Retry
---@field times? integer tries after the first one (default 3)
---@field first? Duration the wait before the first of them (default "1s")
---@field factor? number by which each wait is longer than the one before (default 2)
---@field max? Duration the longest wait (default "1m")
---@field on? (integer|string)[] statuses and codes worth another try, such as { 429, "timeout" }

---Raised by calls that failed: `tostring` gives the message.
---@class Failure
---@field code string stable, for the script to judge by
---@field message string for people; also its tostring
---@field at? string the line of the script that called, "support/refund.lua:12"
