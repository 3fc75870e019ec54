-- SPDX-License-Identifier: MIT
local S = {}

function S.durations_are_whole_numbers_with_a_unit(t)
  local duration = t.host().require "duration"
  for text, ms in pairs { ["250ms"] = 250, ["30s"] = 30000, ["5m"] = 300000, ["2h"] = 7200000, ["3d"] = 259200000 } do
    t.equal(duration.parse(text), ms)
  end
  for _, text in ipairs { "", "30", "s", "1.5s", "-1s", "1w", " 1s", "1 s", "99999999999999999999d", "36501d" } do
    t.equal(duration.parse(text), nil)
  end
  t.equal(duration.parse(30), nil)
end

function S.moments_are_read_in_every_offset(t)
  local duration = t.host().require "duration"
  t.equal(duration.moment("1970-01-01T00:00:00Z"), 0)
  t.equal(duration.moment("2026-11-21T08:00:00Z"), 1795248000000)
  t.equal(duration.moment("2026-11-21T09:30:00.25+01:30"), 1795248000250)
  t.equal(duration.moment("2026-11-20t23:00:00.1239-09:00"), 1795248000123)
  t.equal(duration.moment("2000-02-29T00:00:00Z"), 951782400000)
  t.equal(duration.moment("1969-12-31T23:59:59Z"), -1000)
end

function S.what_is_no_moment_is_refused(t)
  local duration = t.host().require "duration"
  for _, text in ipairs {
    "", "soon", "2026-11-21", "2026-11-21T08:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T08:60:00Z", "2026-11-21T08:00:00",
    "2026-11-21T08:00:00.Z", "2026-11-21T08:00:00+24:00", "2026-11-21T08:00:00+1:00", "26-11-21T08:00:00Z",
    "2026-11-21T08:00:005Z", "2026-11-21T08:00:00ZZ",
  } do
    t.equal(duration.moment(text), nil)
  end
end

return S
