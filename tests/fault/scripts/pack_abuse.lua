-- SPDX-License-Identifier: MIT
-- what: formats of string.pack that are too wide, never end, or lie about alignment
-- expect: completed {"refused":12}
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local refused = 0
    for _, format in ipairs { "i17", "i0", "!17", "s17", "!3i4", "c", "X", "Xz", "y", "i99999999999999999999", "c2147483648c2147483648", "!16Xc1" } do
      if not pcall(string.packsize, format) then refused = refused + 1 end
    end
    pcall(string.unpack, ("i1"):rep(100000), ("x"):rep(100000))
    pcall(string.unpack, "s8", "\xff\xff\xff\xff\xff\xff\xff\xff")
    pcall(string.unpack, "z", "no end")
    pcall(string.unpack, "i1", "x", math.mininteger)
    return { refused = refused }
  end,
}
