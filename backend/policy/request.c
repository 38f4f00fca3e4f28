#include "backend/policy/request.h"

#include <string.h>
#include <strings.h>

#define ACCOUNT_DIGITS 12
#define MAX_NAME_BYTES 4096

static const char encryption_context[] = "kms:EncryptionContext:";

static bool is_account_id(const char *s, size_t len)
{
    return len == ACCOUNT_DIGITS && strspn(s, "0123456789") >= ACCOUNT_DIGITS;
}

/* The n-th part of an ARN, from 0; the sixth with its colons. NULL: it has none. */
static const char *arn_part(const char *arn, int n, size_t *len)
{
    for (int i = 0; i < n; i++) {
        arn = strchr(arn, ':');
        if (!arn)
            return NULL;
        arn++;
    }
    *len = n < 5 ? strcspn(arn, ":") : strlen(arn);
    return arn;
}

static const struct {
    const char *prefix; /* of the sixth part */
    enum caller_kind kind;
} kinds[] = {
    {"root", CALLER_ROOT},
    {"user/", CALLER_USER},
    {"role/", CALLER_ROLE},
    {"assumed-role/", CALLER_SESSION},
    {"federated-user/", CALLER_FEDERATED},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static const char *role_name_of(struct arena *arena, enum caller_kind kind, const char *part)
{
    if (kind == CALLER_ROLE)
        return arena_strdup(arena, strrchr(part, '/') + 1);
    if (kind != CALLER_SESSION)
        return "";
    const char *name = strchr(part, '/') + 1;
    return arena_strndup(arena, name, strcspn(name, "/"));
}

static enum err_code read_caller(struct request *r, const char *principal, struct err *err)
{
    struct caller *c = &r->caller;
    size_t len = strlen(principal), account_len = 0;
    *c = (struct caller){.arn = arena_strdup(r->arena, principal), .account = "", .role_name = ""};
    if (is_account_id(principal, len)) {
        c->account = c->arn;
        return ERR_OK; /* CALLER_ACCOUNT */
    }
    if (strncmp(principal, "arn:", 4) != 0) {
        c->kind = CALLER_SERVICE;
        if (strchr(principal, '.') && strspn(principal, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len)
            return ERR_OK;
        return err_set(err, ERR_USAGE, "\"%.200s\" is no ARN, account id or service principal", principal);
    }
    const char *account = arn_part(principal, 4, &account_len);
    const char *part = account ? arn_part(principal, 5, &len) : NULL;
    if (!part || !is_account_id(account, account_len))
        return err_set(err, ERR_USAGE, "\"%.200s\" is no ARN of a principal", principal);
    c->account = arena_strndup(r->arena, account, account_len);
    size_t k = 0;
    while (k < N_KINDS && strncmp(part, kinds[k].prefix, strlen(kinds[k].prefix)) != 0)
        k++;
    if (k == N_KINDS)
        return err_set(err, ERR_USAGE, "\"%.200s\" is neither a user, a role nor a session", principal);
    c->kind = kinds[k].kind;
    c->role_name = role_name_of(r->arena, c->kind, part);
    c->is_service_linked = strncmp(part, "role/aws-service-role/", 22) == 0 ||
                           strncmp(c->role_name, "AWSServiceRoleFor", 17) == 0;
    return ERR_OK;
}

enum err_code request_init(struct request *r, struct arena *arena, const char *principal,
                           const char *action, const char *resource, struct err *err)
{
    size_t len = 0;
    *r = (struct request){.arena = arena, .owner = ""};
    if (strlen(principal) > MAX_NAME_BYTES || strlen(resource) > MAX_NAME_BYTES)
        return err_set(err, ERR_LIMIT, "a principal or resource of more than %d bytes", MAX_NAME_BYTES);
    if (!strchr(action, ':') || strpbrk(action, "*?"))
        return err_set(err, ERR_USAGE, "\"%.80s\" is no action like kms:Decrypt", action);
    r->action = arena_strdup(arena, action);
    r->resource = arena_strdup(arena, resource);
    const char *owner = arn_part(resource, 4, &len);
    if (owner && is_account_id(owner, len))
        r->owner = arena_strndup(arena, owner, len);
    return read_caller(r, principal, err);
}

void request_free(struct request *r)
{
    VEC_FREE(r->context);
}

const struct context_entry *request_context(const struct request *r, const char *key)
{
    for (size_t i = 0; i < r->context.n; i++)
        if (strcasecmp(r->context.items[i].key, key) == 0)
            return &r->context.items[i];
    return NULL;
}

static void add_entry(struct request *r, const char *key, const char *const *values, size_t n,
                      bool is_unknown)
{
    if (request_context(r, key))
        return;
    struct context_entry entry = {.key = arena_strdup(r->arena, key), .n_values = n,
                                  .is_unknown = is_unknown};
    entry.values = arena_alloc(r->arena, (n + 1) * sizeof *entry.values);
    for (size_t i = 0; i < n; i++)
        entry.values[i] = arena_strdup(r->arena, values[i]);
    VEC_PUSH(r->context, entry);
}

void request_add(struct request *r, const char *key, const char *const *values, size_t n)
{
    add_entry(r, key, values, n, false);
}

void request_add_unknown(struct request *r, const char *key)
{
    add_entry(r, key, NULL, 0, true);
}

static void add_one(struct request *r, const char *key, const char *value)
{
    add_entry(r, key, &value, 1, false);
}

/* The role's ARN even for its sessions; the ARN of a session does not tell the role's path.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn */
static const char *principal_arn(const struct request *r)
{
    const struct caller *c = &r->caller;
    size_t partition_len = 0;
    if (c->kind != CALLER_SESSION)
        return c->arn;
    const char *partition = arn_part(c->arn, 1, &partition_len);
    return arena_printf(r->arena, "arn:%.*s:iam::%s:role/%s", (int)partition_len, partition, c->account,
                        c->role_name);
}

static void add_encryption_context_keys(struct request *r)
{
    static const size_t prefix = sizeof encryption_context - 1;
    VEC(const char *) keys = {0};
    bool is_unknown = false;
    for (size_t i = 0; i < r->context.n; i++) {
        const struct context_entry *entry = &r->context.items[i];
        if (strncasecmp(entry->key, encryption_context, prefix) != 0)
            continue;
        is_unknown = is_unknown || entry->is_unknown;
        VEC_PUSH(keys, entry->key + prefix);
    }
    if (keys.n > 0)
        add_entry(r, "kms:EncryptionContextKeys", keys.items, keys.n, is_unknown);
    VEC_FREE(keys);
}

void request_add_implied(struct request *r)
{
    bool is_service = r->caller.kind == CALLER_SERVICE;
    if (!is_service) {
        add_one(r, "kms:CallerAccount", r->caller.account);
        add_one(r, "aws:PrincipalAccount", r->caller.account);
    }
    if (r->caller.kind == CALLER_ACCOUNT)
        request_add_unknown(r, "aws:PrincipalArn");
    else if (!is_service)
        add_one(r, "aws:PrincipalArn", principal_arn(r));
    add_one(r, "aws:PrincipalIsAWSService", is_service ? "true" : "false");
    add_encryption_context_keys(r);
}
