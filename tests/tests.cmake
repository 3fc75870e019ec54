# SPDX-License-Identifier: MIT
# Every test has the name of its file: unit/base/json, api/project, lint/layers. Files are found, not listed.
enable_testing()
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
find_program(NODE node)
find_program(CHROMIUM chromium)

set(TEST_ENVIRONMENT
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
  UBSAN_OPTIONS=print_stacktrace=1)
set(BINARY_ENVIRONMENT "MOONTIDE=$<TARGET_FILE:moontide>" ${TEST_ENVIRONMENT})
include(${CMAKE_CURRENT_LIST_DIR}/door_echo.cmake) # adds DOOR_ECHO to BINARY_ENVIRONMENT
include(${CMAKE_CURRENT_LIST_DIR}/json_probe.cmake) # JSON_PROBE

# test_name(OUT FILE ENDING): the path below tests/ without its ending.
function(test_name out file ending)
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/tests ${file})
  string(REGEX REPLACE "${ending}$" "" name ${name})
  set(${out} ${name} PARENT_SCOPE)
endfunction()

# fakes_of(OUT FILE): adds tests/fakes/x.c to OUT for every #include "fakes/x.h" in the file, and what these include. The linker takes
# from a fake what it defines, not from a layer's library; so a fake has all functions of the header that it stands in for.
function(fakes_of out file)
  set(sources ${${out}})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} includes REGEX "^#include \"fakes/.*\\.h\"")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE ".*\"(fakes/.*)\\.h\".*" "${CMAKE_SOURCE_DIR}/tests/\\1" fake ${include})
    if(NOT ${fake}.c IN_LIST sources)
      list(APPEND sources ${fake}.c)
      fakes_of(sources ${fake}.h)
    endif()
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/fuzz/fuzz.cmake)

file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*_test.c)
foreach(file IN LISTS files)
  test_name(name ${file} "_test\\.c")
  string(REGEX REPLACE "^unit/([^/]+)/.*" "\\1" layer ${name})
  string(REGEX REPLACE "^unit/" "test_" target ${name})
  string(REPLACE "/" "_" target ${target})
  set(fakes "")
  fakes_of(fakes ${file})
  add_executable(${target} ${file} ${fakes})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE ${layer} PkgConfig::CMOCKA)
  if(fakes MATCHES "fakes/heart\\.c") # its engine opens the store that the test gives it
    target_link_options(${target} PRIVATE -Wl,--wrap=store_open)
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${target})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "${TEST_ENVIRONMENT}")
endforeach()

# It has kinds of its own, which answer steps.
target_link_options(test_engine_inbox PRIVATE -Wl,--wrap=inbox_kind_of)
target_link_options(test_serve_constant_time PRIVATE -Wl,--wrap=id_equal_constant_time)

# What every kind of store must do (unit/store/conformance/conformance.h).
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/store/conformance/*.c)
add_library(store_conformance STATIC ${files})
target_include_directories(store_conformance PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit)
target_link_libraries(store_conformance PUBLIC store PkgConfig::CMOCKA)
foreach(target test_store_fake test_store_sqlite_conformance test_store_sqlite_disk test_store_sqlite_open
               test_store_sqlite_stamp)
  target_link_libraries(${target} PRIVATE store_conformance)
endforeach()
target_link_options(test_store_sqlite_conformance PRIVATE -Wl,--wrap=sqlite3_step)

# bench_NAME of tests/bench/NAME_bench.c: built with the rest, so that it stays buildable; run by hand (tests/bench/run.sh).
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/*_bench.c)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "(.*)_bench" "bench_\\1" target ${name})
  add_executable(${target} ${file})
  target_link_libraries(${target} PRIVATE cmd)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/lint/*.sh)
foreach(file IN LISTS files)
  test_name(name ${file} "\\.sh")
  add_test(NAME ${name} COMMAND sh ${file} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endforeach()

file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/api/*.test.mjs
                                  ${CMAKE_SOURCE_DIR}/tests/fault/*.test.mjs)
file(GLOB browser CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/browser/*.test.mjs)
if(files AND NOT NODE)
  message(STATUS "node not found: the api, browser and fault tests are left out")
  set(files "")
elseif(browser AND NOT CHROMIUM)
  message(STATUS "chromium not found: the browser tests are left out")
elseif(browser)
  list(APPEND files ${browser})
  list(APPEND BINARY_ENVIRONMENT "CHROMIUM=${CHROMIUM}")
endif()
foreach(file IN LISTS files)
  test_name(name ${file} "\\.test\\.mjs")
  add_test(NAME ${name} COMMAND ${NODE} --test ${file}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "${BINARY_ENVIRONMENT}")
  if(name MATCHES "^fault/")
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON) # they kill, fill disks and time
  endif()
endforeach()

file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/lua/run.sh)
if(files)
  add_test(NAME lua COMMAND sh ${files} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
  set_tests_properties(lua PROPERTIES TIMEOUT 300
    ENVIRONMENT "${BINARY_ENVIRONMENT}")
endif()

# What lualib/README.md says is true, and its examples are accepted.
find_program(LUA_PROGRAM NAMES lua5.4 lua)
if(LUA_PROGRAM)
  add_test(NAME lua/guide COMMAND ${LUA_PROGRAM} ${CMAKE_SOURCE_DIR}/tests/lua/guide.lua ${CMAKE_SOURCE_DIR} $<TARGET_FILE:moontide>)
  set_tests_properties(lua/guide PROPERTIES TIMEOUT 300)
endif()

# Lua's own test suite is not ours to ship: cmake with LUA_TESTS=…/testes in the environment (tag v5.4.4) adds it.
if(DEFINED ENV{LUA_TESTS} AND NODE)
  add_test(NAME lua/official COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/tests/lua/official.mjs
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
  set_tests_properties(lua/official PROPERTIES TIMEOUT 300
    ENVIRONMENT "LUA_TESTS=$ENV{LUA_TESTS};${BINARY_ENVIRONMENT}")
endif()
