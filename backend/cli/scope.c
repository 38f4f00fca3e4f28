/* scope: what is read and how it is reached, as one text: what differs in it keeps its own store. */
#include "backend/cli/verb.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

/* What the environment says of where credentials come from and who answers. */
static const char *const telling[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE",
                                      "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
                                      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                      "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
#define ENDPOINTS "AWS_ENDPOINT_URL"

/* Of an access key's id the characters that its account determines: the same for all keys of an account, those
 * that last for an hour too (sts:GetAccessKeyInfo tells the account of an id:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html). */
#define ID_KIND_CHARS 4
#define ID_ACCOUNT_CHARS 8

static void add_key(struct buf *out)
{
    const char *id = getenv("AWS_ACCESS_KEY_ID");
    if (id && strlen(id) >= ID_KIND_CHARS + ID_ACCOUNT_CHARS)
        buf_printf(out, "\nkey %.*s", ID_ACCOUNT_CHARS, id + ID_KIND_CHARS);
    else if (id)
        buf_printf(out, "\nkey %s", id);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_endpoints(struct buf *out)
{
    VEC(const char *) found = {0};
    for (char **e = environ; *e; e++)
        if (strncmp(*e, ENDPOINTS, sizeof ENDPOINTS - 1) == 0)
            VEC_PUSH(found, *e);
    if (found.n > 1)
        qsort(found.items, found.n, sizeof *found.items, by_text);
    for (size_t i = 0; i < found.n; i++)
        buf_printf(out, "\n%s", found.items[i]);
    VEC_FREE(found);
}

char *scope_text(const struct cli_options *o)
{
    struct buf out = {0};
    const struct export_scope scope = options_scope(o);
    export_json_scope(&out, &scope);
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        const char *value = getenv(telling[i]);
        if (value)
            buf_printf(&out, "\n%s=%s", telling[i], value);
    }
    add_endpoints(&out);
    add_key(&out);
    return buf_take(&out);
}
