# SPDX-License-Identifier: MIT
# json_probe: what the host makes of JSON, line by line, for tests/api/{json_schema,canonical}.test.mjs.
add_executable(json_probe ${CMAKE_SOURCE_DIR}/tests/api/json_probe.c)
target_link_libraries(json_probe PRIVATE domain)
set_target_properties(json_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
list(APPEND BINARY_ENVIRONMENT "JSON_PROBE=$<TARGET_FILE:json_probe>")
