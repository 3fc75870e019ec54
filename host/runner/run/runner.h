/* SPDX-License-Identifier: MIT */
/* runner.h - the process that holds Lua. The host starts it as `moontide runner` with the frame
 * socket as descriptor 3 and the status page (wire/status_page.h) as descriptor 4. It holds no
 * other descriptor, no environment, no clock and no randomness; all its power is to send frames.
 * Owner: itself. Thread: one. Limits: loop.h, vm/sandbox.h. */
#pragma once

/* Runs until the socket closes, then ends the process (it does not return). The exit status: 0 the
 * host closed, 70 the host broke the frame contract, 71 the sandbox could not be shut. */
int runner_main(void);
