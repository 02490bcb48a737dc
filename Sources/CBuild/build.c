#include "CBuild.h"

const char *cardlink_commit(void) { return CARDLINK_COMMIT; }
const char *cardlink_source_date(void) { return CARDLINK_SOURCE_DATE; }
