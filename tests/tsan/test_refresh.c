/* The refresh thread under its unit tests: they look in and ask while it works. */
#include "tests/unit/test_refresh.c"
