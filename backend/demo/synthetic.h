/* synthetic: a large estate made of nothing, for benchmarks: real ARN lengths, one key that holds 30 % of
 * what is encrypted and Zipf's law for the rest, 5 % foreign keys, policies of 1 to 30 KB of which a fifth
 * are distinct. The same seed gives the same estate. Writer thread of the estate. */
#ifndef KEYFALL_DEMO_SYNTHETIC_H
#define KEYFALL_DEMO_SYNTHETIC_H

#include "backend/estate/estate.h"

struct synthetic_settings {
    uint32_t accounts, regions; /* regions at most 17 */
    uint32_t keys;              /* over all scopes */
    uint32_t points;            /* recovery points and snapshots together */
    uint64_t seed;
    int64_t now_utc;
};

/* Writes and publishes once. hub (may be NULL) gets the node of the key that holds most. */
void synthetic_fill(struct estate *e, const struct synthetic_settings *settings, uint32_t *hub);

#endif
