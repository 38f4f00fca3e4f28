/* credentials_source: what the sources of credentials share: the identity, the row of a source, and
 * how a source ends an attempt. Private to credentials*.c.
 *
 * A source is a row in credentials_chain.c. make() reads its settings from the files and the
 * environment, at once; start() begins one attempt and ends it, now or from a callback, with
 * exactly one identity_finish or identity_fail*; stop() kills and frees what the source holds. One
 * thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_SOURCE_H
#define KEYFALL_AWS_CREDENTIALS_SOURCE_H

#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/aws/credentials_config.h"
#include "backend/aws/credentials_keys.h"
#include "backend/aws/credentials_settings.h"
#include "backend/base/mem.h"

/* What is looked for. */
struct asked {
    struct wire *aws;
    const struct credentials_config *config;
    struct credentials_settings *settings; /* of the profile that the caller named */
    const char *profile;
    bool is_named;             /* by the caller: the environment's keys do not count */
    const struct asked *below; /* the profile that names this one as source_profile; or NULL */
};

struct source {
    const char *name; /* "credential_process": for the log */
    enum { FROM_ENVIRONMENT, FROM_PROFILE, FROM_MACHINE } from;
    bool takes_policy;    /* a viewer's session policy goes along (session_policy.h) */
    bool bridges_outages; /* keys that expire soon are the best there are: use them for a while */
    bool (*is_asked)(const struct asked *asked);
    /* Why not, a clause for the "no credentials" sentence; NULL: another row's clause covers it. */
    void (*missed)(const struct asked *asked, struct buf *clause);
    enum err_code (*make)(struct identity *id, const struct asked *asked, struct err *err);
    void (*start)(struct identity *id);
    void (*stop)(struct identity *id); /* frees id->state, whatever make() has done to it */
    /* May be NULL: */
    struct identity *(*through)(const struct identity *id); /* whose keys it needs */
    /* A person acts on what identity_want asked for: a code, or NULL. */
    void (*login)(struct identity *id, const char *code);
};

/* What is asked of a person, and the file that changes when it is done elsewhere. */
struct wanted {
    struct login login;
    char *file; /* NULL: none */
    int64_t file_ms, file_bytes; /* when it was looked at last; -1: it was not there */
};

/* Something under way: an attempt to get keys, or a login beside it. */
struct errand {
    bool is_busy;
    unsigned serial; /* counts; callbacks of an older one are ignored */
    uint64_t ticket; /* of its call in flight; 0: none */
};

struct identity {
    int users; /* the caller and the roles assumed through it; at 0 it stops and forgets its keys */
    int pending; /* callbacks to come; the memory outlives them */
    struct wire *aws;
    const struct source *source;
    void *state; /* the source's own */
    struct credentials_settings *settings;
    struct profile_settings said; /* as settings, region apart */
    char *region;                 /* owned; NULL: the settings' */
    char *description;
    struct buf tried;
    bool is_last_resort; /* nothing asked for it: its failure is the "no credentials" sentence, made
                          */
    char *tried_before;  /* of what was tried before it ("environment (...), ") and ... */
    char *advice;        /* ... of what to type */

    struct wanted *wanted; /* of a person; NULL: nothing */
    struct errand renewal, login;

    struct credentials_keys keys;
    bool is_in_get;      /* it ends before identity_get returns: nobody to wake */
    bool is_refused;     /* AWS refused the keys: renew before they are used again */
    struct err err;      /* of the last attempt; ERR_OK if it went well */
    int64_t failed_utc;  /* TIME_NONE: the last attempt did not fail */
    int64_t renewed_utc; /* when the keys came */
    int64_t refused_utc; /* when the last renewal after a refusal began; TIME_NONE: never */
    int64_t seen_utc, seen_mono_ms; /* the clock as identity_get last gave it */
};

/* Ends an attempt: the keys become the identity's (and *keys empty), unless they have expired. */
void identity_finish(struct identity *id, struct credentials_keys *keys);
void identity_fail(struct identity *id, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
void identity_fail_as(struct identity *id, const struct err *err);

struct identity *identity_hold(struct identity *id); /* one more user */
void identity_release(struct identity *id);          /* its memory, once nothing points to it */
int64_t identity_now(const struct identity *id);     /* the clock, as identity_get was told it */
/* What identity_describe says: takes the text. */
void identity_set_description(struct identity *id, char *text);

/* credentials_errand.c: aws_fetch, aws_timer and aws_send_row whose callback comes only while the
 * errand that asked goes on. identity_fetch and identity_after are of the renewal. */
typedef void identity_answered(struct identity *id, int status, const char *body, size_t len,
                               const struct err *err);
void identity_fetch(struct identity *id, const struct http_request *request,
                    identity_answered *answered);
void identity_after(struct identity *id, int delay_ms, void (*fired)(struct identity *id));
void errand_after(struct identity *id, struct errand *errand, int delay_ms,
                  void (*fired)(struct identity *id));
struct errand_call {
    const struct op *row;
    struct identity *who; /* who signs; NULL: nobody */
    const char *region;
    const struct param *params; /* copied; the copy is overwritten when done */
    size_t n_params;
    /* tree: if err->code is ERR_OK; it and all that it holds is overwritten afterwards */
    void (*called)(struct identity *id, const cJSON *tree, const struct err *err);
};
void errand_call(struct identity *id, struct errand *errand, const struct errand_call *call);
void errand_begin(struct errand *errand);
void errand_end(struct identity *id, struct errand *errand);

/* credentials_person.c: ends an attempt that only a person can help: fails with the sentence, and
 * tells what is wanted. file: where a login elsewhere shows; NULL. */
void identity_want(struct identity *id, const struct login *login, const char *file,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);
void identity_wanted_free(struct identity *id); /* nothing is wanted any more */
/* Ends a login; err->code ERR_OK: it went well, and the next attempt will have keys. */
void identity_login_over(struct identity *id, const struct err *err);
/* A new identity, without a source. */
struct identity *identity_new(struct wire *aws, struct credentials_settings *settings);
/* The identity of the first source that is asked for. */
NODISCARD enum err_code credentials_chain_make(const struct asked *asked, struct identity **out,
                                               struct err *err);
/* For credential_source: Environment, EcsContainer or Ec2InstanceMetadata. */
NODISCARD enum err_code credentials_chain_make_named(const char *name, const struct asked *asked,
                                                     struct identity **out, struct err *err);

/* A profile's name or another foreign word as a message may hold it: clean, at most 64 bytes. */
#define WORD_SIZE 65
void credentials_chain_word(const char *s, char out[WORD_SIZE]);

/* The sources, each in the file of its name. */
extern const struct source credentials_environment_source;
extern const struct source credentials_static_shared_source; /* keys in the credentials file */
extern const struct source credentials_static_config_source; /* keys in the config file */
extern const struct source credentials_role_source;
extern const struct source credentials_web_identity_source;
extern const struct source credentials_sso_source;
extern const struct source credentials_login_source;
extern const struct source credentials_process_source;
extern const struct source credentials_container_source;
extern const struct source credentials_instance_source;

/* "aws sso login --profile 'two words'", as it is typed. */
void credentials_chain_command(const char *command, const char *profile, char *out, size_t size);

/* credentials_process.c: the program that an identity's keys come from in the end, in one word that tells it from
 * others; NULL: none. */
struct identity *credentials_process_of(struct identity *id);
const char *credentials_process_name(const struct identity *id);
/* What it printed, kept. */
struct credentials_ahead {
    VEC(struct printed {
        char *name;
        struct credentials_keys keys; /* empty: err tells why */
        struct err err;
    }) items;
};

/* For identity_assume: takes a reference to source. */
void credentials_role_make(struct identity *id, struct identity *source,
                           const struct identity_role *role);

#endif
