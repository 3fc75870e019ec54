-- SPDX-License-Identifier: MIT
-- what: loads more than a file may have, as a string and from an endless reader
-- expect: completed {"reader":"load: a chunk of more than 65536 bytes is not allowed","string":"load: a chunk of more than 65536 bytes is not allowed"}
return trigger {
  run = function()
    local _, string_message = load((" "):rep(65537))
    local _, reader_message = load(function() return "          " end)
    return { string = string_message, reader = reader_message }
  end,
}
