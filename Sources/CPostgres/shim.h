// The door to libpq, PostgreSQL's own client library. Only read where the trait PostgreSQL is on.
#pragma once
#include <libpq-fe.h>
