/* What only a person can do: told, begun, and noticed when it was done elsewhere. */
#include "backend/aws/credentials_source.h"

#include "backend/base/log.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void look_at_file(const char *path, int64_t *ms, int64_t *bytes)
{
    struct stat st;
    *ms = *bytes = -1;
    if (path && stat(path, &st) == 0) {
        *ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
        *bytes = (int64_t)st.st_size;
    }
}

void identity_wanted_free(struct identity *id)
{
    errand_end(id, &id->login); /* whoever logged in elsewhere was faster */
    if (id->wanted)
        mem_free(id->wanted->file);
    mem_free(id->wanted);
    id->wanted = NULL;
}

void identity_want(struct identity *id, const struct login *login, const char *file,
                   const char *fmt, ...)
{
    struct err err;
    char text[sizeof err.text] = "";
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    if (!id->wanted)
        id->wanted = mem_alloc(sizeof *id->wanted);
    struct wanted *wanted = id->wanted;
    if (!id->login.is_busy) { /* else it goes on, and so does what it shows */
        const struct err failed = wanted->login.failed;
        wanted->login = *login;
        wanted->login.failed = failed;
    }
    mem_free(wanted->file);
    wanted->file = file ? mem_strdup(file) : NULL;
    look_at_file(wanted->file, &wanted->file_ms, &wanted->file_bytes);
    (void)err_set(&err, ERR_CREDENTIALS, "%s", text);
    identity_fail_as(id, &err);
}

static struct identity *through(const struct identity *id)
{
    return id->source && id->source->through && id->state ? id->source->through(id) : NULL;
}

/* The first in the chain from the keys up that wants something; NULL. */
static struct identity *wanting(struct identity *id)
{
    struct identity *below = through(id);
    struct identity *found = below ? wanting(below) : NULL;
    return found ? found : id->wanted ? id : NULL;
}

bool identity_wants(const struct identity *id, struct login *out)
{
    const struct identity *found = wanting((struct identity *)(uintptr_t)id);
    if (found)
        *out = found->wanted->login;
    return found != NULL;
}

bool identity_was_logged_in(struct identity *id)
{
    const struct identity *found = wanting(id);
    int64_t ms, bytes;
    if (!found || !found->wanted->file)
        return false;
    look_at_file(found->wanted->file, &ms, &bytes);
    return ms != found->wanted->file_ms || bytes != found->wanted->file_bytes;
}

void identity_retry(struct identity *id)
{
    struct identity *below = through(id);
    if (below)
        identity_retry(below);
    id->failed_utc = TIME_NONE;
}

void identity_log_in(struct identity *id, const char *code)
{
    struct identity *found = wanting(id);
    if (!found || !found->source->login || found->login.is_busy)
        return;
    found->wanted->login.failed = (struct err){0};
    found->wanted->login.stage = LOGIN_STARTED;
    errand_begin(&found->login);
    found->source->login(found, code);
}

void identity_log_in_cancel(struct identity *id)
{
    struct identity *found = wanting(id);
    if (!found || !found->login.is_busy)
        return;
    errand_end(found, &found->login);
    found->wanted->login.stage = LOGIN_WANTED;
}

void identity_login_over(struct identity *id, const struct err *err)
{
    errand_end(id, &id->login);
    if (err->code != ERR_OK) {
        log_line("credentials", "%s: login: %s", identity_describe(id), err->text);
        if (id->wanted) {
            id->wanted->login.stage = LOGIN_WANTED;
            id->wanted->login.failed = *err;
        }
    } else {
        log_line("credentials", "%s: logged in", identity_describe(id));
        identity_wanted_free(id);
        id->failed_utc = TIME_NONE;
    }
    aws_identity_changed(id->aws);
}
