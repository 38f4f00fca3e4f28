#include "backend/collect/feed.h"

#include <assert.h>
#include <string.h>

static const struct feed feeds[] = {
#define FEED(name, ...) [FEED_##name] = {.id = FEED_##name, __VA_ARGS__},
#include "backend/collect/feeds.def"
#undef FEED
};
static_assert(sizeof feeds / sizeof *feeds == FEED_COUNT, "a feed has no row");

/* What any service says where it is not to be had:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
static const struct special everywhere[] = {
    {"OptInRequired", NULL, TRUTH_UNSUPPORTED},
    {"SubscriptionRequiredException", NULL, TRUTH_UNSUPPORTED},
    {"UnknownOperationException", NULL, TRUTH_UNSUPPORTED},
    {"AWSOrganizationsNotInUseException", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

const struct feed *feed_get(enum feed_id id)
{
    assert(id < FEED_COUNT);
    return &feeds[id];
}

static size_t add_list(enum list list, enum list out[FEED_LISTS], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (out[i] == list)
            return n;
    assert(n < FEED_LISTS);
    out[n] = list;
    return n + 1;
}

size_t feed_lists(const struct feed *feed, enum list out[FEED_LISTS])
{
    size_t n = feed->list != LIST_NONE ? add_list(feed->list, out, 0) : 0;
    for (const struct feed_part *part = feed->parts; part && part->list; part++)
        n = add_list(part->list, out, n);
    return n;
}

bool feed_fills(const struct feed *feed, enum kind kind)
{
    enum list lists[FEED_LISTS];
    for (size_t n = feed_lists(feed, lists); n > 0; n--)
        if (list_row(lists[n - 1])->kind == kind)
            return true;
    return false;
}

static const struct special *find_special(const struct special *row, const struct err *err)
{
    for (; row && row->aws_code; row++)
        if (strcmp(row->aws_code, err->aws_code) == 0 && (!row->text || strstr(err->text, row->text)))
            return row;
    return NULL;
}

enum truth feed_truth(const struct feed *feed, const struct err *err)
{
    const struct special *row = find_special(feed->specials, err);
    if (!row)
        row = find_special(everywhere, err);
    if (row)
        return row->truth;
    if (err->code == ERR_UNSUPPORTED)
        return TRUTH_UNSUPPORTED;
    return err->code == ERR_DENIED ? TRUTH_DENIED : TRUTH_FAILED;
}

enum applies feed_applies(const struct feed *feed, const struct record *r)
{
    return feed->applies ? feed->applies(r) : APPLIES_YES;
}
