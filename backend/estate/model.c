#include "backend/estate/model.h"

#include <assert.h>
#include <string.h>

static struct kind_row kinds[KIND_COUNT] = {
#define KIND(id, name_, plural_, word_) [KIND_##id] = {.name = name_, .plural = plural_, .word = word_},
#include "backend/estate/model.def"
};

static const struct list_row lists[LIST_COUNT] = {
    [LIST_NONE] = {.name = ""},
#define LIST(id, kind_, parent_, name_)                                                            \
    [LIST_##id] = {.name = name_, .kind = KIND_##kind_, .parent = KIND_##parent_},
#define DERIVED(id, kind_, name_) [LIST_##id] = {.name = name_, .kind = KIND_##kind_, .is_derived = true},
#include "backend/estate/model.def"
};

static struct facet_row facets[FACET_COUNT] = {
    [FACET_LIST_] = {.name = "list", .index = -1},
#define FACET(kind_, id, name_) [FACET_##kind_##_##id] = {.name = name_, .kind = KIND_##kind_},
#define CHILDREN(kind_, id, list, name_)                                                           \
    [FACET_##kind_##_##id] = {.name = name_, .kind = KIND_##kind_, .children = LIST_##list},
#include "backend/estate/model.def"
};

static struct attr_row attrs[ATTR_COUNT] = {
    [ATTR_NONE] = {.name = "", .member = ""},
#define ATTR(kind_, id, type_, facet_, edge_, name_, member_)                                      \
    [ATTR_##kind_##_##id] = {.name = name_,                                                        \
                             .member = member_,                                                    \
                             .kind = KIND_##kind_,                                                 \
                             .type = TYPE_##type_,                                                 \
                             .facet = FACET_##kind_##_##facet_,                                    \
                             .edge = EDGE_##edge_},
#include "backend/estate/model.def"
};

static const char *const edge_texts[EDGE_COUNT] = {
#define X(id, text) text,
    EDGES(X)
#undef X
};

/* What an ARN's service and resource say it is: the first row that fits. Resource types stand between the
 * fifth colon and the next ':' or '/'; "" is any. "table/@/backup" is what stands in a table. */
static const struct {
    const char *service, *resource;
    enum kind kind;
} arn_kinds[] = {
    {"kms", "key", KIND_KEY},
    {"kms", "alias", KIND_ALIAS},
    {"ssm", "parameter", KIND_PARAMETER},
    {"backup", "backup-vault", KIND_VAULT},
    {"backup", "recovery-point", KIND_POINT},
    {"backup", "backup-plan", KIND_PLAN},
    {"rds", "db", KIND_DB_INSTANCE},
    {"rds", "cluster", KIND_DB_CLUSTER},
    {"rds", "snapshot", KIND_DB_SNAPSHOT},
    {"rds", "cluster-snapshot", KIND_DB_CLUSTER_SNAPSHOT},
    {"ec2", "volume", KIND_VOLUME},
    {"ec2", "snapshot", KIND_EBS_SNAPSHOT},
    {"iam", "root", KIND_ACCOUNT},
#define CONSUMER(id, name, plural, service, resource, ...) {service, resource, KIND_##id},
#include "backend/estate/consumers.def"
#define STORE(id, name, plural, service, resource, ...) {service, resource, KIND_##id},
#include "backend/estate/stores.def"
    {"ec2", "image", KIND_IMAGE},
    {"dlm", "policy", KIND_LIFECYCLE},
    {"events", "rule", KIND_EVENT_RULE},
    {"backup", "restore-testing-plan", KIND_RESTORE_TEST},
    {"backup", "legal-hold", KIND_LEGAL_HOLD},
    {"iam", "user", KIND_PRINCIPAL},
    {"iam", "group", KIND_PRINCIPAL},
    {"iam", "role", KIND_PRINCIPAL},
    {"iam", "policy", KIND_IAM_POLICY},
    {"organizations", "root", KIND_UNIT},
    {"organizations", "ou", KIND_UNIT},
    {"organizations", "account", KIND_ORG_ACCOUNT},
    {"organizations", "policy", KIND_ORG_POLICY},
};

static const struct {
    const char *prefix;
    enum kind kind;
} our_kinds[] = {
    {"keyfall:region/", KIND_REGION},           {"keyfall:grant/", KIND_GRANT},
    {"keyfall:backup-rule/", KIND_RULE},        {"keyfall:backup-selection/", KIND_SELECTION},
    {"keyfall:copy-job/", KIND_COPY_JOB},       {"keyfall:key-store/", KIND_KEY_STORE},
    {"keyfall:ekm/", KIND_EKM},                 {"keyfall:credentials/", KIND_CREDENTIAL},
    {"keyfall:autobackup/", KIND_AUTOBACKUP},
#define CONSUMER(id, name, ...) {"keyfall:" name "/", KIND_##id},
#include "backend/estate/consumers.def"
    {"keyfall:inline-policy/", KIND_IAM_POLICY}, {"keyfall:organization-policy/", KIND_ORG_POLICY},
    {"keyfall:key-event/", KIND_KEY_EVENT},
    {"keyfall:restore-testing-selection/", KIND_RESTORE_SELECTION},
    {"keyfall:failed-job/", KIND_FAILED_JOB},
};

static const enum facet on_demand[] = {
#define ON_DEMAND(kind, id) FACET_##kind##_##id,
#include "backend/estate/model.def"
};

static const char *const word_columns[] = {
#define WORD(column) column,
#include "backend/estate/model.def"
};

static bool holds_words(const struct attr_row *attr)
{
    for (size_t i = 0; i < sizeof word_columns / sizeof *word_columns; i++)
        if (strcmp(word_columns[i], attr->name) == 0)
            return true;
    return false;
}

static int words_of(enum attr_type type)
{
    return type == TYPE_INT || type == TYPE_TIME ? 2 : 1;
}

void model_init(void)
{
    for (int f = 1; f < FACET_COUNT; f++) {
        struct kind_row *kind = &kinds[facets[f].kind];
        if (!kind->first_facet)
            kind->first_facet = (enum facet)f;
        kind->end_facet = (enum facet)(f + 1);
    }
    for (size_t i = 0; i < sizeof on_demand / sizeof *on_demand; i++)
        facets[on_demand[i]].on_demand = true;
    /* counted anew, so that running twice gives the same */
    for (int k = 0; k < KIND_COUNT; k++) {
        kinds[k].n_own_facets = 0;
        for (int f = (int)kinds[k].first_facet; f < (int)kinds[k].end_facet; f++)
            facets[f].index = facets[f].children ? -1 : kinds[k].n_own_facets++;
        kinds[k].row_words = 1;
    }
    for (int a = 1; a < ATTR_COUNT; a++) {
        struct kind_row *kind = &kinds[attrs[a].kind];
        if (!kind->first_attr)
            kind->first_attr = (enum attr)a;
        kind->end_attr = (enum attr)(a + 1);
        attrs[a].word = kind->row_words;
        attrs[a].is_word = holds_words(&attrs[a]);
        if (attrs[a].edge == EDGE_ENCRYPTED_UNDER && !kind->key)
            kind->key = (enum attr)a;
        if (attrs[a].edge == EDGE_SAME_AS)
            kind->same_as = (enum attr)a;
        if (strcmp(attrs[a].name, "encryption") == 0)
            kind->encryption = (enum attr)a;
        kind->row_words += words_of(attrs[a].type);
    }
}

const struct model_tables model_tables = {kinds, lists, facets, attrs};

const char *edge_text(enum edge edge)
{
    return edge < EDGE_COUNT ? edge_texts[edge] : "";
}

enum kind kind_by_name(const char *name)
{
    for (int k = 1; k < KIND_COUNT; k++)
        if (strcmp(kinds[k].name, name) == 0 || strcmp(kinds[k].plural, name) == 0)
            return (enum kind)k;
    return KIND_NONE;
}

enum attr attr_by_name(enum kind kind, const char *name)
{
    for (int a = (int)kinds[kind].first_attr; a < (int)kinds[kind].end_attr; a++)
        if (strcmp(attrs[a].name, name) == 0)
            return (enum attr)a;
    return ATTR_NONE;
}

enum list list_by_name(const char *name, size_t len)
{
    for (int l = LIST_NONE + 1; l < LIST_COUNT; l++)
        if (strlen(lists[l].name) == len && memcmp(lists[l].name, name, len) == 0)
            return (enum list)l;
    return LIST_NONE;
}

/* The n-th colon-separated field of an ARN; false if there are fewer. The sixth runs to the end. */
static bool arn_field(const char *arn, size_t len, int n, const char **out, size_t *out_len)
{
    const char *p = arn, *end = arn + len;
    for (int i = 0; i < n; i++) {
        p = memchr(p, ':', (size_t)(end - p));
        if (!p)
            return false;
        p++;
    }
    const char *stop = n == 5 ? NULL : memchr(p, ':', (size_t)(end - p));
    *out = p;
    *out_len = (size_t)((stop ? stop : end) - p);
    return true;
}

static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(s, word, len) == 0;
}

/* The word after the resource's type and name: "backup" of "table/NAME/backup/ID". */
static bool is_inside(const char *resource, size_t len, size_t type_len, const char *word)
{
    const char *end = resource + len;
    const char *name = resource + type_len < end ? resource + type_len + 1 : end;
    const char *inner = memchr(name, '/', (size_t)(end - name));
    if (!inner++)
        return false;
    const char *stop = memchr(inner, '/', (size_t)(end - inner));
    return is_word(inner, (size_t)((stop ? stop : end) - inner), word);
}

static bool is_resource(const char *resource, size_t len, size_t type_len, const char *pattern)
{
    const char *inner = strstr(pattern, "/@/");
    if (!inner)
        return pattern[0] == '\0' || is_word(resource, type_len, pattern);
    return type_len == (size_t)(inner - pattern) && memcmp(resource, pattern, type_len) == 0
           && is_inside(resource, len, type_len, inner + 3);
}

enum kind kind_of_arn(const char *arn, size_t len)
{
    for (size_t i = 0; i < sizeof our_kinds / sizeof *our_kinds; i++)
        if (len > strlen(our_kinds[i].prefix)
            && memcmp(arn, our_kinds[i].prefix, strlen(our_kinds[i].prefix)) == 0)
            return our_kinds[i].kind;
    const char *service, *resource;
    size_t service_len, resource_len;
    if (len < 4 || memcmp(arn, "arn:", 4) != 0 || !arn_field(arn, len, 2, &service, &service_len)
        || !arn_field(arn, len, 5, &resource, &resource_len))
        return KIND_OTHER;
    size_t type_len = 0;
    while (type_len < resource_len && resource[type_len] != ':' && resource[type_len] != '/')
        type_len++;
    for (size_t i = 0; i < sizeof arn_kinds / sizeof *arn_kinds; i++)
        if (is_word(service, service_len, arn_kinds[i].service)
            && is_resource(resource, resource_len, type_len, arn_kinds[i].resource))
            return arn_kinds[i].kind;
    return KIND_OTHER;
}

bool arn_has_type(const char *service, size_t service_len, const char *type, size_t len)
{
    for (size_t i = 0; i < sizeof arn_kinds / sizeof *arn_kinds; i++)
        if (arn_kinds[i].resource[0] && is_word(service, service_len, arn_kinds[i].service)
            && is_word(type, len, arn_kinds[i].resource))
            return true;
    return false;
}
