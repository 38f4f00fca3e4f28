#include "backend/cli/ask.h"
#include "backend/cli/verb.h"

#include "backend/aws/credentials.h"
#include "backend/base/timefmt.h"

#include <stdio.h>

#define STEP_MS 100

enum err_code login_verb_check(const struct cli_options *o, struct err *err)
{
    if (o->is_viewer)
        return err_set(err, ERR_USAGE,
                       "the viewer logs nobody in: use keyfall login, or aws sso login");
    return ERR_OK;
}

struct visit {
    struct identity *id;
    int64_t until_ms;
    bool is_begun, is_shown;
};

static void show_page(struct visit *v, const struct login *login)
{
    char until[TIME_ISO_SIZE];
    if (v->is_shown)
        return;
    v->is_shown = true;
    time_format_iso(login->until_utc, until);
    say("open %s", login->url);
    say("see that it shows the code %s, and allow keyfall; it waits until %s", login->user_code,
        until);
}

static enum err_code give_code(struct visit *v, const struct login *login, struct err *err)
{
    char prompt[256], code[16];
    (void)snprintf(prompt, sizeof prompt, "Enter MFA code for %s: ", login->what);
    if (ask_code(prompt, v->until_ms, code, sizeof code) != ASK_GIVEN)
        return err_set(err, ERR_CREDENTIALS, "no code was given for %s", login->what);
    identity_log_in(v->id, code);
    mem_wipe(code, sizeof code);
    return ERR_OK;
}

/* ERR_OK: go on waiting. *err: why the identity has no keys. */
static enum err_code move_on(struct visit *v, struct err *err)
{
    struct login login;
    if (!identity_wants(v->id, &login) || login.kind == LOGIN_COMMAND)
        return err->code;
    if (login.stage == LOGIN_OPEN)
        show_page(v, &login);
    if (login.stage != LOGIN_WANTED)
        return ERR_OK;
    if (v->is_begun) {
        *err = login.failed;
        return err->code;
    }
    v->is_begun = true;
    if (login.kind == LOGIN_CODE)
        return give_code(v, &login, err);
    identity_log_in(v->id, NULL);
    return ERR_OK;
}

static void tell(const struct identity *id, const struct credentials *keys)
{
    char until[TIME_ISO_SIZE] = "they do not expire";
    if (keys->expires_utc != TIME_NONE)
        time_format_iso(keys->expires_utc, until);
    (void)printf("%s: keys until %s\n", identity_describe(id), until);
}

static enum err_code visit_profile(const struct cli_options *o, struct wire *wire,
                                   const char *profile, struct err *err)
{
    struct visit v = {.until_ms = time_mono_ms() + o->timeout_s * 1000};
    struct credentials keys;
    enum err_code code = identity_from_profile(wire, profile, &v.id, err);
    if (code != ERR_OK)
        return code;
    for (;;) {
        enum identity_state state = identity_get(v.id, time_now_utc(), &keys, err);
        if (state == IDENTITY_READY) {
            tell(v.id, &keys);
            break;
        }
        code = state == IDENTITY_FAILED ? move_on(&v, err) : ERR_OK;
        if (code == ERR_OK && time_mono_ms() >= v.until_ms)
            code =
                err_set(err, ERR_TIMEOUT, "%s: not logged in after %lld s; --timeout waits longer",
                        identity_describe(v.id), (long long)o->timeout_s);
        if (code != ERR_OK)
            break;
        wire_step(wire, STEP_MS);
    }
    identity_free(v.id);
    return code;
}

int login_verb_run(const struct cli_options *o)
{
    static const char *const none[] = {NULL, NULL};
    struct wire *wire = NULL;
    struct err err = {0};
    int status = CLI_DONE;
    if (session_wire(o, &wire, &err) != ERR_OK) {
        say("%s", err.text);
        return CLI_NOTHING;
    }
    const char *const *profiles = o->profiles ? o->profiles : none;
    for (size_t i = 0; i == 0 || profiles[i]; i++) {
        if (visit_profile(o, wire, profiles[i], &err) == ERR_OK)
            continue;
        say("%s", err.text);
        status = CLI_NOTHING;
    }
    wire_free(wire);
    struct export_file out = {.file = stdout};
    if (export_close(&out, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_BAD;
    }
    return status;
}
