// libxml2: the push SAX parser and its errors.
#pragma once
#include <libxml/xmlversion.h>
// Debian's libxml2 is built with ICU, and its headers would bring in ICU's, which clash with Foundation's own. Only the
// end of a structure that cardlink never touches depends on it.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/globals.h>

/// The library that the process runs with, as in 20914.
static inline const char *cardlink_xml_version(void) { return xmlParserVersion; }
