/* The same tests, under ThreadSanitizer. */
#include "tests/unit/test_strtab.c"
