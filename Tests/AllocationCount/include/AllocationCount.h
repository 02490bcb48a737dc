// How often the calling thread has asked for memory: for tests that keep a limit on it.
#pragma once

/// Calls of malloc, calloc and realloc by this thread so far.
long cardlink_allocation_count(void);
