-- SPDX-License-Identifier: MIT
-- what: control characters in the message of a file that does not load
-- expect: refused "\u001b[31m\nforged"
error("\27[31m\nforged", 0)
