/* The store's thread under its unit tests: it commits what another publishes. */
#include "tests/unit/test_store.c"
