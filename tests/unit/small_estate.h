/* small_estate: estates for tests, written as lines of text.
 *
 *   at ACCOUNT REGION                   what follows is there; that place's lists are complete and empty
 *   KIND ARN attr=value ... facet:truth a record; attr is its column's name, KIND the model's name
 *   hide LIST TRUTH                     that list of the place was not read (denied, failed) or is stale
 *   hide LIST PARENT-ARN TRUTH          the same of a list under a record
 *   org [off]                           the accounts are those of an organization; cross-account backup is on
 *   ACCOUNT STATE                       "account 111122223333 SUSPENDED": its state, never reached
 *
 * Values: times are "+6d", "-3h" from the test's now; lists are a,b,c; "" is empty text; %20 is a space.
 * Facets that no attribute and no truth is given for are absent, metadata known. $K is a key's ARN prefix of
 * the place, $V a vault's, $P a parameter's and so on: see small_expand. */
#ifndef KEYFALL_TESTS_SMALL_ESTATE_H
#define KEYFALL_TESTS_SMALL_ESTATE_H

#include "backend/estate/estate.h"
#include "backend/judge/judge.h"
#include "backend/policy/traits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1787000000) /* 2026-08-17 */

struct small_row {
    enum kind kind;
    uint32_t node, slot;
    char *words; /* attr=value ... */
};
struct small_hide {
    uint32_t slot;
    enum truth truth;
};
struct small {
    struct estate *e;
    const struct generation *g;
    struct judgement *j;
    VEC(struct small_row) rows;
    VEC(struct small_hide) hides;
    VEC(uint32_t) places; /* scopes */
    char account[16], region[40];
    bool is_org, copies_are_off;
};

static inline uint32_t small_node(const struct small *s, enum kind kind, const char *arn)
{
    return estate_find_node(s->e, kind, arn, strlen(arn));
}

static inline void small_expand(const struct small *s, const char *from, char *to, size_t size)
{
    static const struct {
        char letter;
        const char *service, *resource;
    } forms[] = {
        {'K', "kms", "key/"},      {'A', "kms", "alias/"},   {'V', "backup", "backup-vault:"},
        {'P', "ssm", "parameter/"}, {'D', "rds", "db:"},     {'R', "backup", "recovery-point:"},
        {'S', "rds", "snapshot:"}, {'L', "ec2", "volume/"},
        {'B', "backup", "backup-plan:"},
    };
    size_t n = 0;
    for (; *from && n + 200 < size; from++) {
        bool done = false;
        for (size_t i = 0; *from == '$' && !done && i < sizeof forms / sizeof *forms; i++)
            if (from[1] == forms[i].letter) {
                n += (size_t)snprintf(to + n, size - n, "arn:aws:%s:%s:%s:%s", forms[i].service, s->region,
                                      s->account, forms[i].resource);
                from++;
                done = true;
            }
        if (!done)
            to[n++] = *from;
    }
    to[n] = '\0';
}

static inline enum list small_list_of(enum kind kind)
{
    for (int l = 1; l < LIST_COUNT; l++)
        if (list_row((enum list)l)->kind == kind)
            return (enum list)l;
    fail_msg("no list of kind %d", (int)kind);
    return LIST_NONE;
}

/* What governs an organization's accounts stands in one of two. */
static inline enum list small_list_with(enum kind kind, const char *words)
{
    return strstr(words, "type=RESOURCE_CONTROL_POLICY") && kind == KIND_ORG_POLICY ? LIST_RCPS : small_list_of(kind);
}

static inline enum list small_list(const char *name)
{
    for (int l = 1; l < LIST_COUNT; l++)
        if (strcmp(list_row((enum list)l)->name, name) == 0)
            return (enum list)l;
    fail_msg("no list %s", name);
    return LIST_NONE;
}

/* "not_asked" is "not asked" */
static inline enum truth small_truth(const char *word_)
{
    char word[32];
    snprintf(word, sizeof word, "%.30s", word_);
    for (char *p = word; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    for (int t = 0; t < TRUTH_COUNT; t++)
        if (strcmp(truth_text((enum truth)t), word) == 0)
            return (enum truth)t;
    fail_msg("no truth %s", word);
    return TRUTH_FAILED;
}

static inline int64_t small_time(const char *v)
{
    long n = strtol(v, NULL, 10);
    char unit = v[strlen(v) - 1];
    return NOW + n * (unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1);
}

static inline void small_set(struct small *s, uint32_t *row, enum attr attr, const char *v)
{
    char buf[8192];
    size_t len = strlen(v);
    switch (attr_row(attr)->type) {
    case TYPE_REF:
        row_ref(s->e, row, attr, v, len);
        break;
    case TYPE_INT:
        row_number(row, attr, atoll(v));
        break;
    case TYPE_BOOL:
        row_number(row, attr, strcmp(v, "true") == 0);
        break;
    case TYPE_TIME:
        row_number(row, attr, small_time(v));
        break;
    case TYPE_LIST:
    case TYPE_REFS:
    case TYPE_MAP:
        snprintf(buf, sizeof buf, "%s", v);
        for (size_t i = 0; i < len; i++)
            if (buf[i] == ',')
                buf[i] = '\0';
        row_text(s->e, row, attr, buf, len ? len + 1 : 0);
        break;
    default:
        row_text(s->e, row, attr, v, len);
    }
}

/* What collect/ tells of a policy when it comes. */
static inline void small_traits(struct small *s, uint32_t node, uint32_t *row, enum attr attr, const char *text)
{
    static const struct {
        enum attr policy, traits;
        enum policy_of of;
    } forms[] = {
        {ATTR_KEY_POLICY, ATTR_KEY_POLICY_TRAITS, POLICY_OF_KEY},
        {ATTR_VAULT_ACCESS_POLICY, ATTR_VAULT_POLICY_TRAITS, POLICY_OF_VAULT},
        {ATTR_IAM_POLICY_DOCUMENT, ATTR_IAM_POLICY_TRAITS, POLICY_OF_IDENTITY},
    };
    struct buf arn = {0}, line = {0};
    char account[16], region[40];
    node_arn(s->e, node, &arn);
    node_place(s->e, node, account, region);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (forms[i].policy != attr)
            continue;
        policy_traits_say(forms[i].of, text, strlen(text), account, arn.data, &line);
        if (line.len > 0)
            row_text(s->e, row, forms[i].traits, line.data, line.len);
    }
    buf_free(&line);
    buf_free(&arn);
}

/* Sets those attributes of the words that belong to one facet; how many. */
static inline int small_fill(struct small *s, const struct small_row *r, uint32_t *row, enum facet facet)
{
    char words[8192], *save = NULL;
    int n = 0;
    snprintf(words, sizeof words, "%s", r->words);
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *equal = strchr(w, '=');
        if (!equal || (strchr(w, ':') && strchr(w, ':') < equal))
            continue;
        *equal = '\0';
        enum attr attr = attr_by_name(r->kind, w);
        if (!attr)
            fail_msg("%s has no %s", kind_row(r->kind)->name, w);
        char *value = equal + 1;
        for (char *space; (space = strstr(value, "%20"));) {
            memmove(space + 1, space + 3, strlen(space + 3) + 1);
            *space = ' ';
        }
        if (attr_row(attr)->facet != facet)
            continue;
        small_set(s, row, attr, value);
        small_traits(s, r->node, row, attr, value);
        n++;
    }
    return n;
}

static inline uint32_t small_failure(struct small *s, const char *operation, enum truth truth)
{
    struct err err = {.code = truth == TRUTH_DENIED ? ERR_DENIED : ERR_SERVER};
    snprintf(err.aws_code, sizeof err.aws_code, "%s",
             truth == TRUTH_DENIED ? "AccessDeniedException" : "InternalFailure");
    snprintf(err.text, sizeof err.text, "no");
    return estate_failure(s->e, operation, &err);
}

static inline const char *small_word_truth(const struct small_row *r, const char *facet)
{
    char want[64];
    snprintf(want, sizeof want, " %s:", facet);
    const char *at = strstr(r->words, want);
    return at ? at + strlen(want) : NULL;
}

static inline void small_facets(struct small *s, const struct small_row *r)
{
    const struct kind_row *kind = kind_row(r->kind);
    for (int f = (int)kind->first_facet; f < (int)kind->end_facet; f++) {
        if (facet_row((enum facet)f)->children != LIST_NONE)
            continue;
        uint32_t *row = estate_edit(s->e, r->slot, r->node, (enum facet)f);
        assert_non_null(row);
        int n = small_fill(s, r, row, (enum facet)f);
        bool is_plain = f == FACET_KEY_METADATA || f == FACET_ACCOUNT_IDENTITY;
        enum truth truth = n > 0 || is_plain ? TRUTH_KNOWN : TRUTH_ABSENT;
        const char *said = small_word_truth(r, facet_row((enum facet)f)->name);
        if (n > 0 || !said)
            estate_set_facet(s->e, r->slot, r->node, (enum facet)f, truth, 0, NOW - 60);
        if (said) {
            char word[32];
            snprintf(word, sizeof word, "%.*s", (int)strcspn(said, " "), said);
            truth = small_truth(word);
            uint32_t failure = truth == TRUTH_DENIED || truth == TRUTH_FAILED || truth == TRUTH_STALE
                                   ? small_failure(s, facet_row((enum facet)f)->name, truth) : 0;
            estate_set_facet(s->e, r->slot, r->node, (enum facet)f,
                             truth == TRUTH_STALE ? TRUTH_FAILED : truth, failure, NOW);
        }
    }
}

/* ---- reading lines --------------------------------------------------------------------------- */

/* What is listed of an account stands under it, in no region. */
static inline uint32_t small_account_slot(struct small *s, enum list list, const char *account)
{
    char arn[64];
    snprintf(arn, sizeof arn, "arn:aws:iam::%.12s:root", account);
    return estate_slot(s->e, estate_scope(s->e, account, ""), list,
                       estate_node(s->e, KIND_ACCOUNT, arn, strlen(arn)));
}

static inline uint32_t small_slot(struct small *s, enum list list, uint32_t parent)
{
    if (list_row(list)->parent == KIND_ACCOUNT)
        return small_account_slot(s, list, s->account);
    return estate_slot(s->e, estate_scope(s->e, s->account, s->region), list, parent);
}

static inline void small_add(struct small *s, enum kind kind, const char *arn, uint32_t slot, const char *words)
{
    struct small_row r = {.kind = kind, .node = estate_node(s->e, kind, arn, strlen(arn)), .slot = slot};
    for (size_t i = 0; kind == KIND_REGION && i < s->rows.n; i++)
        if (s->rows.items[i].node == r.node) { /* `at` made it: the line says more of it */
            char *more = mem_printf("%s %s", s->rows.items[i].words, words);
            mem_free(s->rows.items[i].words);
            s->rows.items[i].words = more;
            return;
        }
    r.words = mem_printf(" %s", words);
    VEC_PUSH(s->rows, r);
}

static inline void small_at(struct small *s, const char *account, const char *region)
{
    char arn[128], words[256];
    snprintf(s->account, sizeof s->account, "%.12s", account);
    snprintf(s->region, sizeof s->region, "%.30s", region);
    uint32_t place = estate_scope(s->e, account, region);
    for (size_t i = 0; i < s->places.n; i++)
        if (s->places.items[i] == place)
            return;
    VEC_PUSH(s->places, place);
    snprintf(arn, sizeof arn, "arn:aws:iam::%.12s:root", account);
    uint32_t node = estate_node(s->e, KIND_ACCOUNT, arn, strlen(arn));
    bool has_account = false;
    for (size_t i = 0; i < s->rows.n; i++)
        has_account |= s->rows.items[i].node == node;
    int n = snprintf(words, sizeof words, "account_id=%.12s", account);
    if (s->is_org)
        snprintf(words + n, sizeof words - (size_t)n, " state=ACTIVE organization_arn="
                 "arn:aws:organizations::1:account/o-x/%.12s cross_account_backup=%s", account,
                 s->copies_are_off ? "false" : "true");
    else
        snprintf(words + n, sizeof words - (size_t)n, " organization:unsupported");
    if (!has_account)
        small_add(s, KIND_ACCOUNT, arn, estate_slot(s->e, estate_scope(s->e, "", ""), LIST_ACCOUNTS, 0), words);
    snprintf(arn, sizeof arn, "keyfall:region/%.12s/%.30s", account, region);
    snprintf(words, sizeof words, "name=%.30s selected=true opt_in=opted-in", region);
    small_add(s, KIND_REGION, arn, estate_slot(s->e, estate_scope(s->e, account, ""), LIST_REGIONS, node), words);
}

/* Grants are under their key, points under their vault: the attribute that says so. */
static inline uint32_t small_parent(struct small *s, enum kind kind, const char *words)
{
    static const enum attr parents[KIND_COUNT] = {
        [KIND_GRANT] = ATTR_GRANT_KEY, [KIND_POINT] = ATTR_POINT_VAULT, [KIND_RULE] = ATTR_RULE_PLAN,
        [KIND_SELECTION] = ATTR_SELECTION_PLAN, [KIND_RESTORE_SELECTION] = ATTR_RESTORE_SELECTION_PLAN,
        [KIND_ORG_ACCOUNT] = ATTR_ORG_ACCOUNT_UNIT,
    };
    if (!parents[kind])
        return 0;
    char want[64], value[512], arn[512];
    snprintf(want, sizeof want, "%s=", attr_row(parents[kind])->name);
    const char *at = strstr(words, want);
    assert_non_null(at);
    at += strlen(want);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, " "), at);
    small_expand(s, value, arn, sizeof arn);
    return estate_node(s->e, kind_of_arn(arn, strlen(arn)), arn, strlen(arn));
}

static inline void small_hide_line(struct small *s, const char *a, const char *b, const char *c)
{
    enum list list = small_list(a);
    uint32_t parent = 0;
    char arn[512], word[32];
    if (c[0]) {
        small_expand(s, b, arn, sizeof arn);
        parent = estate_node(s->e, list_row(list)->parent, arn, strlen(arn));
    }
    snprintf(word, sizeof word, "%.30s", c[0] ? c : b);
    struct small_hide h = {small_slot(s, list, parent), small_truth(word)};
    VEC_PUSH(s->hides, h);
}

static inline void small_line(struct small *s, const char *line)
{
    char first[64] = "", second[512] = "", third[512] = "", fourth[64] = "", arn[512];
    int rest = 0;
    if (sscanf(line, "%63s %511s %n", first, second, &rest) < 1)
        return;
    sscanf(line + rest, "%511s %63s", third, fourth);
    if (strcmp(first, "org") == 0) {
        s->is_org = true;
        s->copies_are_off = strcmp(second, "off") == 0;
    } else if (strcmp(first, "at") == 0) {
        small_at(s, second, third);
    } else if (strcmp(first, "hide") == 0) {
        small_hide_line(s, second, third, fourth);
    } else if (strcmp(first, "account") == 0) {
        snprintf(arn, sizeof arn, "arn:aws:iam::%.12s:root", second);
        char words[256];
        snprintf(words, sizeof words, "account_id=%.12s state=%.40s organization_arn=o identity:%.20s",
                 second, third, fourth[0] ? fourth : "not_asked");
        small_add(s, KIND_ACCOUNT, arn, estate_slot(s->e, estate_scope(s->e, "", ""), LIST_ACCOUNTS, 0), words);
    } else {
        enum kind kind = kind_by_name(first);
        if (!kind)
            fail_msg("no kind %s", first);
        small_expand(s, second, arn, sizeof arn);
        char words[8192];
        small_expand(s, line + rest, words, sizeof words);
        small_add(s, kind, arn, small_slot(s, small_list_with(kind, words), small_parent(s, kind, words)), words);
    }
}

static inline bool small_is_hidden(const struct small *s, uint32_t slot, enum truth *truth)
{
    for (size_t i = 0; i < s->hides.n; i++)
        if (s->hides.items[i].slot == slot) {
            *truth = s->hides.items[i].truth;
            return true;
        }
    return false;
}

static inline void small_complete(struct small *s, uint32_t slot)
{
    enum truth truth = TRUTH_KNOWN;
    bool is_hidden = small_is_hidden(s, slot, &truth);
    struct draft *d = draft_new(s->e, slot);
    for (size_t i = 0; i < s->rows.n && (!is_hidden || truth == TRUTH_STALE); i++)
        if (s->rows.items[i].slot == slot)
            small_fill(s, &s->rows.items[i], draft_row(d, s->rows.items[i].node), FACET_LIST_);
    if (!is_hidden || truth == TRUTH_STALE)
        estate_complete(d, NOW - 60);
    else
        draft_free(d);
    if (is_hidden && truth == TRUTH_LOADING)
        estate_loading(s->e, slot, NULL);
    else if (is_hidden && truth != TRUTH_NOT_ASKED)
        estate_failed(s->e, slot, NULL, truth == TRUTH_STALE ? TRUTH_FAILED : truth,
                      small_failure(s, list_row(slot_list(s->e, slot))->name, truth), NOW - 30);
}

/* Whatever is asked of a place has its slot, answered or not. */
static inline void small_slots(struct small *s)
{
    for (size_t p = 0; p < s->places.n; p++)
        for (int l = 1; l < LIST_COUNT; l++) {
            enum list list = (enum list)l;
            if (list_row(list)->parent == KIND_NONE && list != LIST_ACCOUNTS)
                estate_slot(s->e, s->places.items[p], list, 0);
            else if (list_row(list)->parent == KIND_ACCOUNT)
                small_account_slot(s, list, scope_account(s->e, s->places.items[p]));
        }
}

static inline void small_lists(struct small *s)
{
    small_slots(s);
    for (size_t i = 0, n = s->rows.n; i < n; i++) {
        const struct small_row *r = &s->rows.items[i];
        const struct kind_row *kind = kind_row(r->kind);
        for (int f = (int)kind->first_facet; f < (int)kind->end_facet; f++)
            if (facet_row((enum facet)f)->children != LIST_NONE)
                estate_slot(s->e, slot_scope(s->e, r->slot), facet_row((enum facet)f)->children, r->node);
    }
    for (uint32_t slot = 1; slot <= estate_slot_count(s->e); slot++)
        small_complete(s, slot);
}

/* What the lines say, with nothing of it in the estate yet. */
static inline struct small small_parse(const char *lines)
{
    struct small s = {.e = NULL};
    model_init();
    s.e = estate_new();
    char line[8192];
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        assert_true(len < sizeof line);
        memcpy(line, lines, len);
        line[len] = '\0';
        small_line(&s, line);
        lines += len + (lines[len] == '\n');
    }
    return s;
}

static inline void small_judge(struct small *s)
{
    estate_publish(s->e);
    s->g = estate_acquire(s->e);
    s->j = judge(s->g, NOW);
}

static inline struct small small_new(const char *lines)
{
    struct small s = small_parse(lines);
    small_lists(&s);
    for (size_t i = 0; i < s.rows.n; i++) {
        struct record r;
        if (estate_current(s.e, s.rows.items[i].node, &r))
            small_facets(&s, &s.rows.items[i]);
    }
    small_judge(&s);
    return s;
}

static inline void small_free(struct small *s)
{
    judgement_free(s->j);
    generation_release(s->g);
    for (size_t i = 0; i < s->rows.n; i++)
        mem_free(s->rows.items[i].words);
    VEC_FREE(s->rows);
    VEC_FREE(s->hides);
    VEC_FREE(s->places);
    estate_free(s->e);
}

#endif
