-- SPDX-License-Identifier: MIT
-- what: a date of a megabyte of conversions
-- expect: completed {"bytes":9600000}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    return { bytes = #os.date(("%c"):rep(400000), 0) }
  end,
}
