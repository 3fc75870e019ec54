---@meta http
-- SPDX-License-Identifier: MIT

---Requests made by the host, each one a step: asked once, its answer is recorded, and a run that is
---resumed gets the recorded answer. Every attempt carries the same Idempotency-Key.
---
---A status of 400 or more is an answer like any other: look at `ok` or `status`. When there is no
---answer at all, after the retries, the call raises a Failure with the code "timeout" "connect" "dns"
---"tls" "refused" (by the host's egress rules) "too_large" or "protocol"; "secret.missing" when there is
---no such secret, "secret.host" when it is not meant for this host.
---A text may be a secret, or joined with one: { Authorization = "Bearer " .. secret "SHOP_KEY" }.
---@class http
local http = {}

---@class HttpOptions
---@field headers? table<string, string|number|boolean|Secret> at most 100
---@field query? table<string, string|number|boolean|Secret|(string|number|Secret)[]> appended, encoded and sorted
---@field json? any sent as JSON, with its content type
---@field body? string|Secret sent as it is; text in UTF-8
---@field timeout? Duration of each attempt (default "30s")
---@field retry? integer|Retry made by the host: without `on`, for no answer, 429 and 5xx

---@class HttpRequest: HttpOptions
---@field method? string GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS (default "GET")
---@field url string|Secret where to; a secret in its path or query

---@class HttpResponse
---@field status integer of the last answer, behind all redirects
---@field ok boolean whether the status is 200 to 299
---@field headers table<string, string> names in lower case
---@field body string decoded from its Content-Encoding
---@field request string "GET shop.example/orders", for messages
local response = {}

---The decoded body. Raises a Failure with code "http.json" when it is not JSON.
---@return any
function response:json() end

---Sends a GET request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.get(url, options) end

---Sends a POST request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.post(url, options) end

---Sends a PUT request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.put(url, options) end

---Sends a PATCH request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.patch(url, options) end

---Sends a DELETE request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.delete(url, options) end

---Sends a HEAD request. A step.
---@async
---@param url string|Secret
---@param options? HttpOptions
---@return HttpResponse
function http.head(url, options) end

---Sends a request of any of these methods, or OPTIONS; also as http.request(method, url, options). A step.
---@async
---@param request HttpRequest
---@return HttpResponse
---@overload fun(method: string, url: string, options?: HttpOptions): HttpResponse
function http.request(request) end

return http
