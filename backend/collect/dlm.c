#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* https://docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html: a policy copies by the rules of its
 * schedules, by the actions of an event, or, as a default policy, to Regions alone. */

enum err_code lifecycle_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "PolicyId", &id, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "dlm", "policy/%s", id);
    return code;
}

struct copies {
    struct sheet *sheet;
    struct buf told, keys;
};

/* A rule names a Region or, on Outposts, an ARN; an older one has the Region in a member of its own. of: where it
 * tells of encryption. Without a key that is the target Region's default one:
 * https://docs.aws.amazon.com/dlm/latest/APIReference/API_CrossRegionCopyRule.html */
static enum err_code add_copy(struct copies *c, const cJSON *rule, const cJSON *of, struct err *err)
{
    const char *target = NULL, *key = NULL;
    bool is_encrypted = of && cJSON_IsTrue(tree_at(of, "Encrypted"));
    enum err_code code = maybe_text(rule, "Target", &target, err);
    if (code == ERR_OK && !target)
        code = maybe_text(rule, "TargetRegion", &target, err);
    if (code == ERR_OK && of)
        code = maybe_text(of, "CmkArn", &key, err);
    if (code != ERR_OK)
        return code;
    if (key) {
        bool is_region = target && strncmp(target, "arn:", 4) != 0;
        key = key_arn_in(c->sheet, is_region ? target : c->sheet->place->region, key);
        add_item_once(&c->keys, key);
    }
    add_item_once(&c->told, arena_printf(c->sheet->scratch, "%s %s", target ? target : "?",
                                       key            ? key
                                       : is_encrypted ? "default-key"
                                                      : "as-its-source"));
    return ERR_OK;
}

/* The list at `path`, whose items tell of encryption themselves or in their member `of`. */
static enum err_code add_copies(struct copies *c, const cJSON *tree, const char *path, const char *of,
                                struct err *err)
{
    struct tree_list rules;
    enum err_code code = tree_list(tree, path, NULL, &rules, err);
    for (const cJSON *rule; code == ERR_OK && (rule = tree_next(&rules));)
        code = add_copy(c, rule, of ? tree_at(rule, of) : rule, err);
    return code;
}

/* The texts of a list, each once. */
static enum err_code add_once(const cJSON *tree, const char *path, struct buf *out, struct err *err)
{
    struct buf items = {0};
    enum err_code code = add_texts(tree, path, NULL, NULL, &items, err);
    for (size_t at = 0; code == ERR_OK && at < items.len; at += strlen(items.data + at) + 1)
        add_item_once(out, items.data + at);
    buf_free(&items);
    return code;
}

static enum err_code read_schedules(struct copies *c, const cJSON *details, struct err *err)
{
    struct buf *accounts = &c->sheet->line;
    struct tree_list schedules, shares;
    enum err_code code = tree_list(details, "Schedules", NULL, &schedules, err);
    for (const cJSON *one; code == ERR_OK && (one = tree_next(&schedules));) {
        code = add_copies(c, one, "CrossRegionCopyRules", NULL, err);
        if (code == ERR_OK)
            code = tree_list(one, "ShareRules", NULL, &shares, err);
        for (const cJSON *share; code == ERR_OK && (share = tree_next(&shares));)
            code = add_once(share, "TargetAccounts", accounts, err);
    }
    sheet_line(c->sheet, ATTR_LIFECYCLE_SHARED_WITH);
    return code;
}

static enum err_code read_actions(struct copies *c, const cJSON *details, struct err *err)
{
    struct tree_list actions;
    enum err_code code = tree_list(details, "Actions", NULL, &actions, err);
    for (const cJSON *one; code == ERR_OK && (one = tree_next(&actions));)
        code = add_copies(c, one, "CrossRegionCopy", "EncryptionConfiguration", err);
    return code;
}

static enum err_code read_tags(struct sheet *s, const cJSON *details, struct err *err)
{
    struct tree_list tags;
    enum err_code code = tree_list(details, "TargetTags", NULL, &tags, err);
    for (const cJSON *tag; code == ERR_OK && (tag = tree_next(&tags));) {
        const char *key = NULL, *value = NULL;
        code = need_text(tag, "Key", &key, err);
        if (code == ERR_OK)
            code = maybe_text(tag, "Value", &value, err);
        if (code != ERR_OK)
            break;
        add_item_once(&s->line, arena_printf(s->scratch, "%s=%s", key, value ? value : ""));
    }
    sheet_line(s, ATTR_LIFECYCLE_TARGET_TAGS);
    return code;
}

static void say(struct sheet *s, enum attr attr, const struct buf *items)
{
    if (items->len > 0)
        sheet_bytes(s, attr, arena_strndup(s->scratch, items->data, items->len), items->len);
}

enum err_code lifecycle_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const cJSON *details = tree_at(item, "Policy.PolicyDetails");
    struct copies c = {.sheet = s};
    if (!cJSON_IsObject(details))
        return err_set(err, ERR_PARSE, "the answer's Policy has no PolicyDetails");
    enum err_code code = read_schedules(&c, details, err);
    if (code == ERR_OK)
        code = read_actions(&c, details, err);
    if (code == ERR_OK)
        code = add_copies(&c, details, "CrossRegionCopyTargets", NULL, err);
    if (code == ERR_OK)
        code = read_tags(s, details, err);
    if (code == ERR_OK)
        code = add_once(details, "EventSource.Parameters.SnapshotOwner", &s->line, err);
    sheet_line(s, ATTR_LIFECYCLE_SHARED_BY);
    say(s, ATTR_LIFECYCLE_COPIES, &c.told);
    say(s, ATTR_LIFECYCLE_COPY_KEYS, &c.keys);
    buf_free(&c.told);
    buf_free(&c.keys);
    return code;
}
