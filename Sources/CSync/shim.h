// syncfs(2): waits until the disk has all of one file system; memfd_create(2): a file that is in memory alone. The C
// library declares both for GNU sources only.
#ifndef CARDLINK_CSYNC_SHIM_H
#define CARDLINK_CSYNC_SHIM_H

extern int syncfs(int descriptor);
extern int memfd_create(const char *name, unsigned int flags);

static inline int cardlink_syncfs(int descriptor) { return syncfs(descriptor); }

/// Its descriptor, which no other program gets; -1 and errno if there is none.
static inline int cardlink_memory_file(void) { return memfd_create("cardlink", 1u /* MFD_CLOEXEC */); }

#endif
