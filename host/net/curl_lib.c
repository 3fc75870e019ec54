/* SPDX-License-Identifier: MIT */
#include "net/curl_lib.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t at; /* of the function pointer in struct curl_lib */
} functions[] = {
    {"curl_global_init", offsetof(struct curl_lib, global_init)},
    {"curl_easy_init", offsetof(struct curl_lib, easy_init)},
    {"curl_easy_cleanup", offsetof(struct curl_lib, easy_cleanup)},
    {"curl_easy_setopt", offsetof(struct curl_lib, easy_setopt)},
    {"curl_easy_getinfo", offsetof(struct curl_lib, easy_getinfo)},
    {"curl_easy_perform", offsetof(struct curl_lib, easy_perform)},
    {"curl_easy_strerror", offsetof(struct curl_lib, easy_strerror)},
    {"curl_slist_append", offsetof(struct curl_lib, slist_append)},
    {"curl_slist_free_all", offsetof(struct curl_lib, slist_free_all)},
    {"curl_multi_init", offsetof(struct curl_lib, multi_init)},
    {"curl_multi_cleanup", offsetof(struct curl_lib, multi_cleanup)},
    {"curl_multi_setopt", offsetof(struct curl_lib, multi_setopt)},
    {"curl_multi_add_handle", offsetof(struct curl_lib, multi_add_handle)},
    {"curl_multi_remove_handle", offsetof(struct curl_lib, multi_remove_handle)},
    {"curl_multi_socket_action", offsetof(struct curl_lib, multi_socket_action)},
    {"curl_multi_info_read", offsetof(struct curl_lib, multi_info_read)},
    {"curl_multi_assign", offsetof(struct curl_lib, multi_assign)},
    {"curl_url", offsetof(struct curl_lib, url)},
    {"curl_url_cleanup", offsetof(struct curl_lib, url_cleanup)},
    {"curl_url_set", offsetof(struct curl_lib, url_set)},
    {"curl_url_get", offsetof(struct curl_lib, url_get)},
    {"curl_free", offsetof(struct curl_lib, free)},
};

bool curl_lib_load(struct curl_lib *lib, const char *name, struct error *err)
{
    void *so = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!so)
        return error_set(err, ERROR_MISSING, "%s is not installed", name);
    bool whole = true;
    for (size_t i = 0; whole && i < ARRAY_LEN(functions); i++) {
        void *function = dlsym(so, functions[i].name);
        memcpy((char *)lib + functions[i].at, &function, sizeof function);
        if (!function)
            whole = error_set(err, ERROR_MISSING, "%s is too old: it has no %s", name,
                              functions[i].name);
    }
    dlclose(so); /* only drops the reference: RTLD_NODELETE keeps the code */
    if (whole && lib->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_INTERNAL, "%s does not start", name);
    return whole;
}
