#include "backend/refresh/internal.h"

#include <string.h>

#define LOOK_EVERY_MS 2000 /* at the files of those who log in with another program */

static struct identity *identity_of(const struct entrance *en)
{
    return en->who ? en->who : en->base;
}

/* Accounts of an organization have no keys of their own: what they need is wanted of who leads
 * there. */
static bool has_own_keys(const struct entrance *en)
{
    return !en->through && identity_of(en) && en->state != ENTRANCE_DOUBLE;
}

/* ---- telling other threads ----------------------------------------------------------------------
 */

static void tell(struct refresh *r)
{
    pthread_mutex_lock(&r->lock);
    r->logins.n = 0;
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        if (!en->login)
            continue;
        struct refresh_login row = {.id = (unsigned)i, .login = *en->login};
        VEC_PUSH(r->logins, row);
    }
    r->status.logins = (unsigned)r->logins.n;
    pthread_mutex_unlock(&r->lock);
    r->is_dirty = true;
    status_notify(r);
}

size_t refresh_logins(struct refresh *r, struct refresh_login *out, size_t max)
{
    pthread_mutex_lock(&r->lock);
    size_t n = r->logins.n < max ? r->logins.n : max;
    if (n > 0)
        memcpy(out, r->logins.items, n * sizeof *out);
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* ---- noticing -----------------------------------------------------------------------------------
 */

static bool is_same(const struct login *a, const struct login *b)
{
    return a->kind == b->kind && a->stage == b->stage && a->until_utc == b->until_utc &&
           a->failed.code == b->failed.code && strcmp(a->failed.text, b->failed.text) == 0 &&
           strcmp(a->what, b->what) == 0 && strcmp(a->profile, b->profile) == 0 &&
           strcmp(a->user_code, b->user_code) == 0;
}

/* True if what other threads know has changed. */
static bool note_wanted(struct entrance *en, const struct login *login)
{
    if (en->login && is_same(en->login, login))
        return false;
    if (!en->login)
        en->login = mem_alloc(sizeof *en->login);
    *en->login = *login;
    return true;
}

static bool note_done(struct entrance *en)
{
    if (!en->login)
        return false;
    mem_free(en->login);
    en->login = NULL;
    en->is_declined = false;
    entrance_retry(en);
    return true;
}

/* One login serves all profiles of a session. */
static void retry_kin(struct refresh *r, const struct login *done)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        struct entrance *en = r->entrances.items[i];
        if (en->login && en->login->kind == LOGIN_PAGE && strcmp(en->login->what, done->what) == 0)
            entrance_retry(en);
    }
}

/* Keys that are good for a while yet are renewed, too, so that nobody is told to log in again. */
static void look_again(struct entrance *en)
{
    struct credentials keys;
    struct err ignored;
    entrance_retry(en);
    (void)identity_get(identity_of(en), refresh_now_utc(en->refresh), &keys, &ignored);
}

static bool look_at_entrance(struct entrance *en, bool at_files)
{
    struct login login;
    if (has_own_keys(en) && identity_wants(identity_of(en), &login)) {
        if (at_files && identity_was_logged_in(identity_of(en)))
            look_again(en);
        return note_wanted(en, &login);
    }
    if (en->login) {
        login = *en->login;
        (void)note_done(en);
        retry_kin(en->refresh, &login);
        return true;
    }
    return false;
}

void logins_step(struct refresh *r, int64_t now_ms)
{
    bool at_files = now_ms >= r->logins_due_ms, differs = false, is_any = false;
    for (size_t i = 0; i < r->entrances.n; i++) {
        differs |= look_at_entrance(r->entrances.items[i], at_files);
        is_any |= r->entrances.items[i]->login != NULL;
    }
    if (at_files || (is_any && r->logins_due_ms == NEVER_MS))
        r->logins_due_ms = is_any ? now_ms + LOOK_EVERY_MS : NEVER_MS;
    if (differs)
        tell(r);
}

/* ---- what the person does -----------------------------------------------------------------------
 */

static struct entrance *entrance_of(struct refresh *r, unsigned id)
{
    return id < r->entrances.n && r->entrances.items[id]->login ? r->entrances.items[id] : NULL;
}

void login_begin(struct refresh *r, unsigned id, const char *code)
{
    struct entrance *en = entrance_of(r, id);
    if (en)
        identity_log_in(identity_of(en), code);
}

void login_decline(struct refresh *r, unsigned id)
{
    struct entrance *en = entrance_of(r, id);
    if (!en)
        return;
    identity_log_in_cancel(identity_of(en));
    en->is_declined = true;
}

bool logins_are_awaited(const struct refresh *r)
{
    for (size_t i = 0; i < r->entrances.n; i++) {
        const struct entrance *en = r->entrances.items[i];
        if (r->has_person && en->login && en->login->kind == LOGIN_CODE && !en->is_declined)
            return true;
    }
    return false;
}
