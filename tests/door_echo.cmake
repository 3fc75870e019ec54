# SPDX-License-Identifier: MIT
# door_echo: a door and nothing behind it, for tests/api/hostile_http.test.mjs and tests/bench.
add_executable(door_echo ${CMAKE_SOURCE_DIR}/tests/fault/door_echo.c)
target_link_libraries(door_echo PRIVATE serve)
set_target_properties(door_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
list(APPEND BINARY_ENVIRONMENT "DOOR_ECHO=$<TARGET_FILE:door_echo>")
