/* Jobs that failed for want of a key, by the vault that they were to fill or to read: hundreds of them are one fact. */
#include "backend/judge/internal.h"

static struct failed_jobs *jobs_of(struct judgement *j, uint32_t vault)
{
    uint32_t *at = nodemap_at(&j->failed_of, vault);
    if (!at) {
        nodemap_add(&j->failed_of, vault, (uint32_t)j->failed_jobs.n);
        VEC_PUSH(j->failed_jobs, ((struct failed_jobs){.newest_at = TIME_NONE}));
        return &j->failed_jobs.items[j->failed_jobs.n - 1];
    }
    return &j->failed_jobs.items[*at];
}

void jobs_build(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_FAILED_JOB); walk_next(&w, &r);) {
        uint32_t vault = value_node(&r, ATTR_FAILED_JOB_VAULT);
        struct failed_jobs *jobs = vault ? jobs_of(j, vault) : NULL;
        int64_t at = TIME_NONE;
        if (!jobs)
            continue;
        (void)value_number(&r, ATTR_FAILED_JOB_CREATED, &at);
        jobs->n_restores += value_is(&r, ATTR_FAILED_JOB_WHAT, "restore");
        jobs->n_backups += value_is(&r, ATTR_FAILED_JOB_WHAT, "backup");
        if (!jobs->newest || at > jobs->newest_at) {
            jobs->newest = r.node;
            jobs->newest_at = at;
        }
    }
}

void jobs_free(struct judgement *j)
{
    nodemap_free(&j->failed_of);
    VEC_FREE(j->failed_jobs);
}

const struct failed_jobs *jobs_of_vault(const struct judgement *j, uint32_t vault)
{
    const uint32_t *at = nodemap_at(&j->failed_of, vault);
    return at ? &j->failed_jobs.items[*at] : NULL;
}
