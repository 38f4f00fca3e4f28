/* Roles that ask for the code of an MFA device:
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html#cli-configure-role-mfa
 *
 * Only a person has the code. A session that the AWS CLI got with one is in its cache; keyfall
 * takes it over and writes nothing there. */
#include "backend/aws/credentials_cache.h"
#include "backend/aws/credentials_role.h"
#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>

#define CACHE_FOLDER "~/.aws/cli/cache"
#define LEAST_LEFT_S 900 /* what has less left counts as gone, as it does for the AWS CLI */

/* What the AWS CLI calls the session's file: the hash of the request, as its Python prints it. */
static char *cache_path(const struct role *role)
{
    const struct {
        const char *name, *value;
        bool is_number;
    } members[] = {
        {"DurationSeconds", role->duration_s, true},
        {"ExternalId", role->external_id, false},
        {"RoleArn", role->arn, false},
        {"RoleSessionName", role->has_session_name ? role->session_name : NULL, false},
        {"SerialNumber", role->mfa_serial, false},
    };
    struct buf text = {0};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!members[i].value)
            continue;
        buf_printf(&text, "%s\"%s\": ", text.len ? ", " : "{", members[i].name);
        if (members[i].is_number)
            buf_adds(&text, members[i].value);
        else
            json_add_string(&text, members[i].value, strlen(members[i].value));
    }
    buf_addc(&text, '}');
    char *path = credentials_cache_path(CACHE_FOLDER, CACHE_SHA1, text.data);
    buf_free(&text);
    return path;
}

static bool read_session(const struct identity *id, const char *path, struct credentials_keys *out)
{
    struct err ignored;
    cJSON *tree = NULL;
    bool is_there =
        credentials_cache_read(path, &tree, &ignored) == ERR_OK &&
        credentials_keys_from_tree(tree, &credentials_keys_role_form, out, &ignored) == ERR_OK;
    credentials_keys_wipe_tree(tree);
    cJSON_Delete(tree);
    if (is_there && out->expires_utc - identity_now(id) < LEAST_LEFT_S) {
        credentials_keys_wipe(out);
        is_there = false;
    }
    return is_there;
}

static void want_code(struct identity *id, const char *path)
{
    const struct role *role = id->state;
    struct login login = {.kind = LOGIN_CODE, .until_utc = TIME_NONE};
    struct buf device = {0};
    char arn[ROLE_SHOWN_SIZE];
    text_clean(&device, role->mfa_serial, strlen(role->mfa_serial), sizeof login.what - 1, false);
    (void)snprintf(login.what, sizeof login.what, "%s", device.data ? device.data : "");
    buf_free(&device);
    if (!role->profile) {
        identity_want(id, &login, path,
                      "role %s wants the code of the MFA device %s; give it on a terminal",
                      role_shown(role->arn, arn), login.what);
        return;
    }
    credentials_chain_word(role->profile, login.profile);
    credentials_chain_command("aws sts get-caller-identity", role->profile, login.command,
                              sizeof login.command);
    identity_want(
        id, &login, path,
        "profile \"%s\" wants the code of the MFA device %s; give it on a terminal, or run "
        "`%s` first, whose session is taken over",
        login.profile, login.what, login.command);
}

void role_start_with_device(struct identity *id)
{
    struct credentials_keys keys = {0};
    char *path = cache_path(id->state);
    if (read_session(id, path, &keys))
        identity_finish(id, &keys);
    else
        want_code(id, path);
    mem_free(path);
}

static void called(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct credentials_keys keys = {0};
    struct err err = *answer;
    if (err.code == ERR_OK &&
        credentials_keys_from_tree(tree, &credentials_keys_role_form, &keys, &err) == ERR_OK) {
        identity_finish(id, &keys);
        identity_login_over(id, &(struct err){.code = ERR_OK});
        return;
    }
    if (strstr(err.text, "MultiFactorAuthentication"))
        role_explain(((struct role *)id->state)->arn, &err, "; type the next code that it shows",
                     &err);
    else
        role_refusal(id, &err);
    identity_login_over(id, &err);
}

void role_log_in(struct identity *id, const char *code)
{
    struct err err;
    size_t len = code ? strlen(code) : 0;
    /* https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
    if (len != 6 || strspn(code, "0123456789") != len) {
        (void)err_set(&err, ERR_USAGE, "an MFA code is six digits");
        identity_login_over(id, &err);
        return;
    }
    role_assume(id, &id->login, code, called);
}
