// libpq, PostgreSQL's client library. Used only with the trait PostgreSQL.
#pragma once
#include <libpq-fe.h>
