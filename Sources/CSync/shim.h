// syncfs(2) syncs a whole file system; memfd_create(2) creates a file in memory only. The C
// library declares both for GNU sources only.
#ifndef CARDLINK_CSYNC_SHIM_H
#define CARDLINK_CSYNC_SHIM_H

extern int syncfs(int descriptor);
extern int memfd_create(const char *name, unsigned int flags);

static inline int cardlink_syncfs(int descriptor) { return syncfs(descriptor); }

/// Its descriptor, closed on exec; -1 and errno on failure.
static inline int cardlink_memory_file(void) { return memfd_create("cardlink", 1u /* MFD_CLOEXEC */); }

#endif
