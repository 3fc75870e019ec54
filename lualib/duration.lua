-- SPDX-License-Identifier: MIT
-- Durations ("250ms" "30s" "5m" "2h" "3d") and moments (RFC 3339) as milliseconds.
local failure = require "failure"

local M = {}

local UNITS = { ms = 1, s = 1000, m = 60000, h = 3600000, d = 86400000 }
local LONGEST = 36500 * UNITS.d

---@param text any
---@return integer|nil ms nil when it is no duration
function M.parse(text)
  if type(text) ~= "string" then
    return nil
  end
  local digits, unit = string.match(text, "^(%d+)(%a+)$")
  local factor = UNITS[unit]
  if not factor or #digits > 15 then
    return nil
  end
  local ms = tonumber(digits) * factor
  return ms <= LONGEST and ms or nil
end

---Raises at `level` of the caller what `where` expected instead.
---@param where string such as "flow.sleep"
---@param value any
---@param level integer
---@return integer ms
function M.check(where, value, level)
  local ms = M.parse(value)
  if not ms then
    local hint = type(value) == "number" and string.format(' (for seconds write "%gs")', value) or ""
    local text = '%s: expected a duration such as "30s", %s%s'
    error(string.format(text, where, failure.got(value), hint), level + 1)
  end
  return ms
end

-- Days from 1970-01-01, for the Gregorian calendar. Years begin in March here, so that leap days
-- come last; 400 years have 146097 days.
local function days(year, month, day)
  if month <= 2 then
    year = year - 1
  end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function month_days(year, month)
  if month == 2 then
    local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    return leap and 29 or 28
  end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

local function offset_minutes(text)
  if text == "Z" or text == "z" then
    return 0
  end
  local sign, hours, minutes = string.match(text, "^([+-])(%d%d):(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    return nil
  end
  local offset = tonumber(hours) * 60 + tonumber(minutes)
  return sign == "-" and -offset or offset
end

---@param text string "2026-11-21T08:00:00Z", "2026-11-21T09:00:00.5+01:00"
---@return integer|nil ms since 1970; nil when it is no moment
function M.moment(text)
  local date, clock, fraction, zone =
    string.match(text, "^(%d+%-%d%d%-%d%d)[Tt ](%d%d:%d%d:%d%d)(%.?%d*)(.+)$")
  if not date or fraction == "." or (fraction ~= "" and string.sub(fraction, 1, 1) ~= ".") then
    return nil
  end
  local year, month, day = string.match(date, "^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  local hour, minute, second = string.match(clock, "^(%d%d):(%d%d):(%d%d)$")
  local offset = offset_minutes(zone)
  if not year or not offset then
    return nil
  end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  local dated = month >= 1 and month <= 12 and day >= 1 and day <= month_days(year, month)
  if not dated or hour > 23 or minute > 59 or second > 60 then
    return nil
  end
  local seconds = ((days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
  local ms = string.sub(string.sub(fraction, 2) .. "000", 1, 3)
  return seconds * 1000 + tonumber(ms)
end

return M
