#include "backend/refresh/internal.h"

#include "backend/base/text.h"

#include <stdio.h>
#include <string.h>

/* What to do about an error: the first row that fits. Words in braces are those of struct explain. */
static const struct {
    enum err_code code;
    const char *text; /* must be part of the message; NULL: any */
    const char *fix;
} rows[] = {
    /* https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
    {ERR_DENIED, "service control policy",
     "a service control policy of the organization denies {action} in {account}: ask who runs it"},
    {ERR_DENIED, "resource control policy",
     "a resource control policy of the organization denies {action} in {account}: ask who runs it"},
    {ERR_DENIED, "permissions boundary", "the permissions boundary of {principal} does not allow {action}"},
    {ERR_DENIED, "session policy", "the session policy of {principal} does not allow {action}"},
    {ERR_DENIED, "VPC endpoint policy", "the VPC endpoint's policy does not allow {action}"},
    {ERR_DENIED, "resource-based policy",
     "the policy of the resource itself must allow {action} for {principal}"},
    {ERR_DENIED, NULL, "allow {action} for {principal} in {account}"},
    {ERR_CREDENTIALS, NULL, "renew the credentials of {who}, then check: aws sts get-caller-identity"},
    {ERR_EXPIRED, NULL, "sign in again: the credentials of {who} have expired"},
    {ERR_THROTTLED, NULL, "wait, or have the quota raised: keyfall keeps to a share of AWS's rates"},
    {ERR_UNREACHABLE, NULL,
     "check the network, HTTPS_PROXY, and --region or --endpoint-url"},
    {ERR_TIMEOUT, NULL, "check the network and HTTPS_PROXY, and that the endpoint speaks TLS if it is https"},
    {ERR_TLS, NULL, "check that the endpoint speaks TLS; AWS_CA_BUNDLE names authorities to trust"},
    {ERR_SERVER, NULL, "wait: the service failed"},
    {ERR_BUDGET, NULL, "give a larger --budget"},
    {ERR_UNSUPPORTED, NULL, ""},
};

static const char *word_of(const struct explain *about, const char *name, size_t len)
{
    const struct {
        const char *name, *value, *unknown;
    } words[] = {
        {"action", about->action, "the call"},
        {"principal", about->principal, "this principal"},
        {"account", about->account, "this account"},
        {"region", about->region, "this region"},
        {"who", about->who, "this profile"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == len && strncmp(words[i].name, name, len) == 0)
            return words[i].value && words[i].value[0] ? words[i].value : words[i].unknown;
    return "";
}

static void fill_in(const char *format, const struct explain *about, struct buf *out)
{
    for (const char *at = format; *at;) {
        const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buf_adds(out, at);
            return;
        }
        buf_add(out, at, (size_t)(open - at));
        buf_adds(out, word_of(about, open + 1, (size_t)(close - open - 1)));
        at = close + 1;
    }
}

void explain_said(const struct err *err, char *out, size_t size)
{
    size_t len = err->advice_at ? err->advice_at - strlen("; ") : strlen(err->text);
    while (len > 0 && strchr(" .", err->text[len - 1]))
        len--; /* what to do follows in the same sentence */
    (void)snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), err->text);
}

void explain_fix(const struct err *err, const struct explain *about, char *out, size_t size)
{
    struct buf text = {0}, clean = {0};
    out[0] = '\0';
    if (err->advice_at)
        buf_adds(&text, err->text + err->advice_at);
    for (size_t i = 0; !err->advice_at && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == err->code && (!rows[i].text || strstr(err->text, rows[i].text))) {
            fill_in(rows[i].fix, about, &text);
            break;
        }
    if (text.len > 0)
        text_clean(&clean, text.data, text.len, size - 1, false);
    (void)snprintf(out, size, "%s", clean.len > 0 ? clean.data : "");
    buf_free(&clean);
    buf_free(&text);
}

/* arn:aws:sts::ID:assumed-role/NAME/SESSION: policies name the role, not its sessions. */
void explain_principal(const char *arn, char *out, size_t size)
{
    static const char mark[] = ":assumed-role/";
    const char *role = strstr(arn, mark), *account = role;
    const char *end = role ? strchr(role + sizeof mark - 1, '/') : NULL;
    while (account && account > arn && account[-1] != ':')
        account--;
    size_t partition = strncmp(arn, "arn:", 4) == 0 ? strcspn(arn + 4, ":") : 0;
    if (!end || !partition) {
        (void)snprintf(out, size, "%s", arn);
        return;
    }
    role += sizeof mark - 1;
    (void)snprintf(out, size, "arn:%.*s:iam::%.12s:role/%.*s", (int)partition, arn + 4, account,
                   (int)(end - role), role);
}
