-- SPDX-License-Identifier: MIT
return { count = 0 }
