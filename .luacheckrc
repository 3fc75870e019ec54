-- SPDX-License-Identifier: MIT
std = "lua54"
max_line_length = 110
ignore = { "212/self" }
files["tests"] = { max_line_length = 125, globals = { "test", "stock", "json", "template" }, ignore = { "142", "212" } }
files["scripts"] = { read_globals = { "secret", "trigger" } }
files["lualib/meta"] = { ignore = { "212", "111", "112", "131", "241", "631" } }
