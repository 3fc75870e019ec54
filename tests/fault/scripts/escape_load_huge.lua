-- SPDX-License-Identifier: MIT
-- what: loads more than a file may have, as a string and from an endless reader
-- expect: completed {"reader":"chunk is larger than 65536 bytes","string":"chunk is larger than 65536 bytes"}
return trigger {
  run = function()
    local _, string_message = load((" "):rep(65537))
    local _, reader_message = load(function() return "          " end)
    return { string = string_message, reader = reader_message }
  end,
}
