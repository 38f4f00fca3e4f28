/* settings: what keyfall.conf can say, as plain data. Everybody may read it; config.h fills it.
 *
 * Texts and lists live in the settings' arena and are never changed once read, so any thread may read them as
 * long as the settings are there. A text that was not given is NULL, a list that was not given is empty, a
 * choice that was not given is 0. Spans are seconds. */
#ifndef KEYFALL_CONFIG_SETTINGS_H
#define KEYFALL_CONFIG_SETTINGS_H

#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct texts {
    const char **items; /* NULL-ended; NULL if n is 0 */
    size_t n;
};

/* The words stand in table.c, in this order; 0: not given. */
enum yes_no { SAID_NOTHING, SAID_YES, SAID_NO };
enum ekm_phase { PHASE_NONE, PHASE_CURRENT, PHASE_IN_TRANSITION, PHASE_FORMER };
enum autobackup_mode { MODE_PLAIN = 1 << 0, MODE_PROTECTED_KEY = 1 << 1, MODE_VAULT_KEY = 1 << 2 };
enum bar_colour { COLOUR_NONE, COLOUR_RED, COLOUR_YELLOW, COLOUR_GREEN, COLOUR_BLUE, COLOUR_MAGENTA, COLOUR_CYAN };

struct general_settings {
    const char *theme, *budget;
    int viewer;                 /* enum yes_no */
};
struct refresh_times {
    int deletions_s, cycle_s, inventory_s;
    int share, share_cautious;  /* percent of AWS's published rates */
    int read_timeout_s;
};
struct organization_settings {
    const char *role, *change_role, *external_id;
};
struct target_settings {
    const char *name, *profile, *account, *read_role, *change_role, *external_id, *mfa;
    struct texts regions;
};

/* A key that a product keeps its backups under. */
struct ekm_settings {
    const char *name, *product, *key, *druva_account;
    int phase;                  /* enum ekm_phase; PHASE_NONE: current */
};
/* Where Druva keeps what it signs in to its storage with. */
struct credential_settings {
    const char *name, *account;
    struct texts regions, parameters; /* patterns: one * at the end */
    const char *key;            /* that they should be under */
    int e_key;                  /* enum yes_no */
};
struct autobackup_settings {
    const char *name, *vault_account, *vault_role, *source_role;
    struct texts protected_accounts, aliases, regions;
    int modes;                  /* enum autobackup_mode bits; 0: not given */
};
struct product_settings {
    VEC(struct ekm_settings) ekm;
    VEC(struct credential_settings) credentials;
    VEC(struct autobackup_settings) autobackup;
};

/* A finding that somebody answers for, until a day. All of it must be said. */
struct suppression_settings {
    const char *name, *reason, *owner, *until; /* until: "2027-01-31", that day included, UTC */
    int64_t ends_utc;           /* the first second that it does not hold any more */
    struct texts findings;      /* ids of rules */
    struct texts records;       /* ARNs of what the finding is about or follows from, * matches anything */
};
struct owner_settings {
    const char *name;
    struct texts accounts, records; /* records: as above */
};

struct allow_settings {
    struct texts break_glass;   /* ARNs of roles, * matches anything */
    struct texts accounts, vendors;
    VEC(struct suppression_settings) suppressions;
    VEC(struct owner_settings) owners;
};
struct production_settings {
    const char *word;           /* the section's name */
    struct texts accounts;
    int colour;                 /* enum bar_colour */
};
/* Keys of the dashboard; what is wrong with one is found where keys are known. */
struct binding_settings {
    const char *action, *keys;
    const char *where;          /* "FILE:LINE:COLUMN" */
};

struct settings {
    struct general_settings general;
    struct refresh_times refresh;
    struct organization_settings organization;
    VEC(struct target_settings) targets;
    bool is_line_lost;     /* of the file or a line nobody can tell what it says: perhaps viewer = yes */
    bool is_limit_lost;    /* a budget was given and cannot be understood: nothing may be read without one */
    size_t n_targets_lost; /* sections of targets that do not count, for something in them is wrong */
    struct product_settings products;
    struct allow_settings allow;
    VEC(struct production_settings) production;
    VEC(struct binding_settings) keys;
    const char *path;           /* the file that was read; NULL: none */
    VEC(const char *) complaints; /* a line each: "FILE:LINE:COLUMN: what is wrong; what would be right" */
    struct arena *arena;
};

#endif
