/* The order in which sources of credentials are asked, as
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html has it. */
#include "backend/aws/credentials_source.h"

#include "backend/base/text.h"

#include <stdio.h>
#include <string.h>

static const struct source *const rows[] = {
    &credentials_environment_source,   &credentials_role_source,
    &credentials_web_identity_source,  &credentials_sso_source,
    &credentials_static_shared_source, &credentials_login_source,
    &credentials_process_source,       &credentials_static_config_source,
    &credentials_container_source,     &credentials_instance_source,
};
#define N_ROWS (sizeof rows / sizeof rows[0])

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html */
static const struct {
    const char *word;
    const struct source *source;
} named[] = {
    {"Environment", &credentials_environment_source},
    {"EcsContainer", &credentials_container_source},
    {"Ec2InstanceMetadata", &credentials_instance_source},
};
#define N_NAMED (sizeof named / sizeof named[0])

void credentials_chain_word(const char *s, char out[WORD_SIZE])
{
    struct buf clean = {0};
    text_clean(&clean, s, strlen(s), WORD_SIZE - 1, false);
    size_t len = clean.len < WORD_SIZE ? clean.len : WORD_SIZE - 1;
    if (len)
        memcpy(out, clean.data, len);
    out[len] = '\0';
    buf_free(&clean);
}

/* The name as one word of a shell. */
static void quote(const char *name, char out[WORD_SIZE + 2])
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@+/:,";
    char word[WORD_SIZE];
    credentials_chain_word(name, word);
    const char *mark = word[strspn(word, plain)] == '\0' ? "" : "'";
    (void)snprintf(out, WORD_SIZE + 2, "%s%s%s", mark, word, mark);
}

void credentials_chain_command(const char *command, const char *profile, char *out, size_t size)
{
    char quoted[WORD_SIZE + 2];
    quote(profile, quoted);
    (void)snprintf(out, size, "%s --profile %s", command, quoted);
}

/* A source_profile has only what stands in its own section. */
static bool is_open_to(const struct source *row, const struct asked *asked)
{
    if (asked->below)
        return row->from == FROM_PROFILE;
    return row->from != FROM_ENVIRONMENT || !asked->is_named;
}

static enum err_code make(const struct source *row, const struct asked *asked, struct identity *id,
                          struct err *err)
{
    id->source = row;
    enum err_code rc = row->make(id, asked, err);
    if (rc == ERR_OK)
        buf_printf(&id->tried, "%s", identity_describe(id));
    return rc;
}

static enum err_code none(const struct identity *id, const struct asked *asked, struct err *err)
{
    if (!asked->below)
        return err_set(err, ERR_CREDENTIALS, "no AWS credentials: tried %s; %s", identity_tried(id),
                       id->advice);
    char profile[WORD_SIZE], below[WORD_SIZE];
    credentials_chain_word(asked->profile, profile);
    credentials_chain_word(asked->below->profile, below);
    return err_set(err, ERR_CREDENTIALS,
                   "profile \"%s\", the source_profile of \"%s\", has no keys, role_arn, "
                   "sso_role_name or credential_process; run `aws configure --profile %s`",
                   profile, below, profile);
}

static char *advice(const struct asked *asked)
{
    char profile[WORD_SIZE];
    credentials_chain_word(asked->profile, profile);
    if (strcmp(profile, "default") == 0)
        return mem_strdup("run `aws configure` or pass --profile");
    return mem_printf("run `aws configure --profile %s` or pass another --profile", profile);
}

static const struct source *first_asked(const struct asked *asked, struct buf *missed)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!is_open_to(rows[i], asked))
            continue;
        if (rows[i]->is_asked(asked))
            return rows[i];
        if (rows[i]->missed) {
            buf_adds(missed, missed->len ? ", " : "");
            rows[i]->missed(asked, missed);
        }
    }
    return NULL;
}

enum err_code credentials_chain_make(const struct asked *asked, struct identity **out,
                                     struct err *err)
{
    struct identity *id = identity_new(asked->aws, asked->settings);
    enum err_code rc = ERR_OK;
    id->advice = advice(asked);
    const struct source *row = first_asked(asked, &id->tried);
    if (!row) {
        rc = none(id, asked, err);
    } else {
        id->is_last_resort = row == &credentials_instance_source;
        buf_adds(&id->tried, id->tried.len ? ", " : "");
        id->tried_before = mem_strdup(identity_tried(id));
        rc = make(row, asked, id, err);
    }
    if (rc != ERR_OK) {
        identity_free(id);
        id = NULL;
    }
    *out = id;
    return rc;
}

enum err_code credentials_chain_make_named(const char *name, const struct asked *asked,
                                           struct identity **out, struct err *err)
{
    char word[WORD_SIZE];
    for (size_t i = 0; i < N_NAMED; i++) {
        if (strcmp(name, named[i].word) != 0)
            continue;
        struct identity *id = identity_new(asked->aws, asked->settings);
        enum err_code rc = make(named[i].source, asked, id, err);
        if (rc != ERR_OK) {
            identity_free(id);
            id = NULL;
        }
        *out = id;
        return rc;
    }
    credentials_chain_word(name, word);
    return err_set(err, ERR_CREDENTIALS,
                   "credential_source = %s is none of Environment, EcsContainer, "
                   "Ec2InstanceMetadata; correct it",
                   word);
}

/* --- the profile that the caller means --- */

struct choice {
    const char *profile, *asked_by; /* asked_by NULL: nobody asked, so it need not be there */
};

static struct choice choose_profile(const char *profile)
{
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    if (profile)
        return (struct choice){profile, "--profile"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = credentials_settings_env(variables[i]);
        if (value)
            return (struct choice){value, variables[i]};
    }
    return (struct choice){"default", NULL};
}

enum err_code identity_from_profile(struct wire *aws, const char *profile, struct identity **out,
                                    struct err *err)
{
    struct choice choice = choose_profile(profile);
    struct credentials_config config;
    struct credentials_settings *settings = NULL;

    *out = NULL;
    enum err_code rc = credentials_config_load(&config, err);
    if (rc != ERR_OK) {
        err_note_advice(err);
        return rc;
    }
    if (choice.asked_by && !credentials_config_has_profile(&config, choice.profile))
        rc = credentials_suggest_profile(&config, choice.profile, choice.asked_by, err);
    if (rc == ERR_OK)
        rc = credentials_settings_load(&config, choice.profile, &settings, err);
    if (rc == ERR_OK) {
        struct asked asked = {
            .aws = aws,
            .config = &config,
            .settings = settings,
            .profile = choice.profile,
            .is_named = profile != NULL,
        };
        rc = credentials_chain_make(&asked, out, err);
    }
    if (rc != ERR_OK)
        err_note_advice(err);
    credentials_settings_drop(settings);
    credentials_config_free(&config);
    return rc;
}
