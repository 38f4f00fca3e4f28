/* Accounts and Regions: where things are. */
#include "backend/view/cells.h"

static bool place_of(const struct view_context *c, const struct record *r, struct place *out)
{
    return c->judgement
           && judgement_place(c->judgement, record_account(r),
                              r->kind == KIND_REGION ? record_region(r) : NULL, out);
}

static CELL(reached)
{
    (void)c;
    switch (record_facet(&row->record, FACET_ACCOUNT_IDENTITY).truth) {
    case TRUTH_KNOWN:
        say_bool(out, true);
        break;
    case TRUTH_NOT_ASKED:
    case TRUTH_LOADING:
        say_unknown(out, record_facet(&row->record, FACET_ACCOUNT_IDENTITY).truth);
        break;
    default:
        say_bool(out, false);
    }
}

#define COUNT_OF(what)                                                                             \
    static CELL(what)                                                                              \
    {                                                                                              \
        struct place place;                                                                        \
        if (place_of(c, &row->record, &place))                                                     \
            say_at_least(out, place.what.n, place.what.is_at_least, place.what.truth);             \
        else                                                                                       \
            say_unknown(out, c->judgement ? TRUTH_NOT_ASKED : TRUTH_LOADING);                      \
    }

COUNT_OF(keys)
COUNT_OF(vaults)

/* Every Region has one: where there is none the Region was not listed. */
static CELL(opt_in)
{
    (void)c;
    say_attr(&row->record, ATTR_REGION_OPT_IN, out);
    if (out->is == CELL_ABSENT)
        say_unknown(out, slice_truth(row->record.slice));
}

/* The key, or the alias as long as what it names was not read. */
static CELL(ebs_key)
{
    say_attr(&row->record, ATTR_REGION_EBS_KEY, out);
    uint32_t key = out->is == CELL_KNOWN ? holding_resolve(c->generation, out->node) : 0;
    if (key)
        out->node = key;
}

#define COUNTS                                                                                     \
    COMPUTED("keys", "KEYS", NUMBER, cell_keys, "KMS keys, AWS managed ones included"),            \
    COMPUTED("vaults", "VAULTS", NUMBER, cell_vaults, "backup vaults")

static const struct column account_columns[] = {
    HEAD,
    ATTRIBUTE("name", "NAME", TEXT, ACCOUNT_NAME, "name in the organization"),
    ATTRIBUTE("state", "STATE", TEXT, ACCOUNT_STATE, "state in the organization"),
    ATTRIBUTE("role", "ROLE", TEXT, ACCOUNT_ROLE, "who keyfall is there"),
    COMPUTED("reached", "READ", BOOL, cell_reached, "whether keyfall could get in"),
    COUNTS,
    TAIL,
};

const struct view view_accounts = {
    .name = "accounts",
    .title = "Accounts",
    .what = "an account of the estate",
    .columns = account_columns,
    .n_columns = sizeof account_columns / sizeof *account_columns,
    .kinds = KINDS(KIND_ACCOUNT),
};

static const struct column region_columns[] = {
    HEAD,
    COMPUTED("opt_in", "STATUS", TEXT, cell_opt_in, "opt-in status"),
    COUNTS,
    ATTRIBUTE("ebs_encryption_by_default", "EBS ENC", BOOL, REGION_EBS_ENCRYPTED,
              "whether new EBS volumes are encrypted"),
    COMPUTED("ebs_default_key", "EBS KEY", TEXT, cell_ebs_key, "key of new EBS volumes"),
    TAIL,
};

const struct view view_regions = {
    .name = "regions",
    .title = "Regions",
    .what = "a Region of an account",
    .columns = region_columns,
    .n_columns = sizeof region_columns / sizeof *region_columns,
    .kinds = KINDS(KIND_REGION),
};
