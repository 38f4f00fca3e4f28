/* Jobs that failed for want of a key, by that key and by the vault that they were to fill or to read: hundreds of them are one fact. */
#include "backend/judge/internal.h"

static struct failed_jobs *jobs_at(struct judgement *j, uint32_t node)
{
    uint32_t *at = nodemap_at(&j->failed_of, node);
    if (!at) {
        nodemap_add(&j->failed_of, node, (uint32_t)j->failed_jobs.n);
        VEC_PUSH(j->failed_jobs, ((struct failed_jobs){.newest_at = TIME_NONE}));
        return &j->failed_jobs.items[j->failed_jobs.n - 1];
    }
    return &j->failed_jobs.items[*at];
}

/* That the job names; else, of a restore, that of what was to be restored; else the vault's. */
static uint32_t key_of_job(const struct judgement *j, const struct record *job)
{
    struct record from;
    uint32_t key = value_node(job, ATTR_FAILED_JOB_KEY);
    uint32_t point = value_node(job, ATTR_FAILED_JOB_POINT), vault = value_node(job, ATTR_FAILED_JOB_VAULT);
    if (!key && point && generation_record(j->generation, point, &from) && holding_of(from.kind)) {
        struct value own = holding_key(&from); /* of a snapshot: AWS Backup names it as the service does */
        key = own.is == VALUE_KNOWN ? own.node : 0;
    }
    if (!key && vault && generation_record(j->generation, vault, &from))
        key = value_node(&from, ATTR_VAULT_KEY);
    return key ? judge_resolve_key(j, key) : 0;
}

/* Of two at the same second it is always the same one, in whichever order their lists came. */
static bool is_newer(const struct judgement *j, uint32_t job, int64_t at, const struct failed_jobs *than)
{
    if (!than->newest || at != than->newest_at)
        return !than->newest || at > than->newest_at;
    return node_compare(generation_estate(j->generation), job, than->newest) < 0;
}

static void note_job(struct judgement *j, uint32_t node, const struct record *job)
{
    int64_t at = TIME_NONE;
    struct failed_jobs *jobs = node ? jobs_at(j, node) : NULL;
    if (!jobs)
        return;
    (void)value_number(job, ATTR_FAILED_JOB_CREATED, &at);
    jobs->n_restores += value_is(job, ATTR_FAILED_JOB_WHAT, "restore");
    jobs->n_backups += value_is(job, ATTR_FAILED_JOB_WHAT, "backup");
    uint32_t key = value_node(job, ATTR_FAILED_JOB_KEY);
    if (!jobs->newest || at > jobs->newest_at)
        jobs->key = key;
    else if (at == jobs->newest_at && key != jobs->key)
        jobs->key = 0;
    if (is_newer(j, job->node, at, jobs)) {
        jobs->newest = job->node;
        jobs->newest_at = at;
    }
}

void jobs_build(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_FAILED_JOB); walk_next(&w, &r);) {
        note_job(j, value_node(&r, ATTR_FAILED_JOB_VAULT), &r);
        note_job(j, key_of_job(j, &r), &r);
    }
}

void jobs_free(struct judgement *j)
{
    nodemap_free(&j->failed_of);
    VEC_FREE(j->failed_jobs);
}

const struct failed_jobs *failed_jobs_of(const struct judgement *j, uint32_t node)
{
    const uint32_t *at = nodemap_at(&j->failed_of, node);
    return at ? &j->failed_jobs.items[*at] : NULL;
}
