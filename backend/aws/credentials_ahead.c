/* credential_process, run before a process gives up starting programs. */
#include "backend/aws/credentials_source.h"

#include "backend/base/timefmt.h"

#include <string.h>

#define STEP_MS 1000

static bool has(const struct credentials_ahead *ahead, const char *name)
{
    for (size_t i = 0; i < ahead->items.n; i++)
        if (strcmp(ahead->items.items[i].name, name) == 0)
            return true;
    return false;
}

/* Runs it to its end, which the source itself sets a limit to. */
static void run(struct credentials_ahead *ahead, struct wire *wire, struct identity *process)
{
    struct printed printed = {.name = mem_strdup(credentials_process_name(process))};
    struct credentials now;
    while (identity_get(process, time_now_utc(), &now, &printed.err) == IDENTITY_PENDING)
        wire_step(wire, STEP_MS);
    printed.keys = process->keys;
    process->keys = (struct credentials_keys){.expires_utc = TIME_NONE};
    VEC_PUSH(ahead->items, printed);
}

struct credentials_ahead *credentials_ahead_new(const char *const *profiles, size_t n)
{
    struct credentials_ahead *ahead = mem_alloc(sizeof *ahead);
    struct wire *wire;
    struct err err;
    if (aws_new(&(struct aws_settings){0}, &wire, &err) != ERR_OK)
        return ahead; /* whoever opens the wire in earnest is told why */
    for (size_t i = 0; i < n; i++) {
        struct identity *id;
        if (identity_from_profile(wire, profiles[i], &id, &err) != ERR_OK)
            continue;
        struct identity *process = credentials_process_of(id);
        if (process && !has(ahead, credentials_process_name(process)))
            run(ahead, wire, process);
        identity_free(id);
    }
    wire_free(wire);
    return ahead;
}

void credentials_ahead_free(struct credentials_ahead *ahead)
{
    for (size_t i = 0; ahead && i < ahead->items.n; i++) {
        credentials_keys_wipe(&ahead->items.items[i].keys);
        mem_free_secret(ahead->items.items[i].name);
    }
    if (ahead)
        VEC_FREE(ahead->items);
    mem_free(ahead);
}
