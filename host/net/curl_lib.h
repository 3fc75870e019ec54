/* SPDX-License-Identifier: MIT */
/* curl_lib.h - libcurl, loaded when the first outgoing call is made: linking it would cost every
 * process of the host (each runner too) some 4 MB. Owner: one struct http or fetch.
 * Thread: its owner's. */
#pragma once
#include "base/error.h"
#include <curl/curl.h>

#define CURL_LIB_NAME "libcurl.so.4"

struct curl_lib {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
    __typeof__(curl_multi_init) *multi_init;
    __typeof__(curl_multi_cleanup) *multi_cleanup;
    __typeof__(curl_multi_setopt) *multi_setopt;
    __typeof__(curl_multi_add_handle) *multi_add_handle;
    __typeof__(curl_multi_remove_handle) *multi_remove_handle;
    __typeof__(curl_multi_socket_action) *multi_socket_action;
    __typeof__(curl_multi_info_read) *multi_info_read;
    __typeof__(curl_multi_assign) *multi_assign;
    __typeof__(curl_url) *url;
    __typeof__(curl_url_cleanup) *url_cleanup;
    __typeof__(curl_url_set) *url_set;
    __typeof__(curl_url_get) *url_get;
    __typeof__(curl_free) *free;
};

/* Loads `name` (CURL_LIB_NAME but in tests) and initialises it. It stays loaded until the process
 * ends: its resolver threads and OpenSSL's exit handlers may outlive any client. */
bool curl_lib_load(struct curl_lib *lib, const char *name, struct error *err) MUST_CHECK;
