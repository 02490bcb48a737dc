// syncfs(2): waits until the disk has all of one file system. The C library declares it for GNU sources only.
#ifndef CARDLINK_CSYNC_SHIM_H
#define CARDLINK_CSYNC_SHIM_H

extern int syncfs(int descriptor);

static inline int cardlink_syncfs(int descriptor) { return syncfs(descriptor); }

#endif
