// What the build said of itself: CARDLINK_COMMIT and SOURCE_DATE_EPOCH of its environment, empty where they were not set.
#pragma once

const char *cardlink_commit(void);
const char *cardlink_source_date(void);
