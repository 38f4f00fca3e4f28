/* table: the sections and settings there are. Private to config/. */
#ifndef KEYFALL_CONFIG_TABLE_H
#define KEYFALL_CONFIG_TABLE_H

#include "backend/config/settings.h"

enum setting_type {
    SETTING_TEXT,   /* const char * */
    SETTING_LIST,   /* struct texts: commas, blanks or lines between */
    SETTING_SPAN,   /* int, seconds: "90s", "5m", "1h", "1d" */
    SETTING_PERCENT, /* int, 1 to 100 */
    SETTING_CHOICE, /* int: the number of the word from 1 */
    SETTING_FLAGS,  /* int: a bit for each word, as a list */
};

/* What is wrong with a value (or with one item of a list), and what would be right; NULL: nothing. */
typedef const char *setting_form(const char *value);

struct setting_row {
    const char *name;
    enum setting_type type;
    size_t at;                  /* in the section's struct */
    const char *const *words;   /* of CHOICE and FLAGS, NULL-ended */
    int least_s, most_s;        /* of SPAN */
    setting_form *form;         /* of TEXT and LIST */
    const char *otherwise;      /* what holds if it is not given, in words */
    const char *example;
    const char *meaning;
    bool must;                  /* the section says nothing without it */
    int if_wrong;               /* of CHOICE: what holds if it was given and cannot be understood */
    bool is_word;               /* of TEXT and LIST: it names nobody */
    bool is_limit;              /* AWS is not read if it was given and cannot be understood */
};

struct section_row {
    const char *name;
    const char *example;        /* of the name behind it: "[target prod]"; NULL: it has none */
    setting_form *name_form;
    size_t at;                  /* in struct settings: the struct, or the VEC of them */
    size_t size;                /* of one */
    size_t name_at;             /* in it: where the name goes */
    const char *meaning;
    const struct setting_row *rows;
    size_t n_rows;
    bool is_open;               /* any setting is taken as it is: struct binding_settings */
    /* What is wrong with the whole, NULL: nothing. May fill in what follows from the rest. */
    const char *(*check)(struct arena *arena, void *section);
};

const struct section_row *section_rows(size_t *n);

/* forms.c */
setting_form form_name, form_theme, form_account, form_region, form_role, form_role_or_name, form_role_pattern,
    form_mfa, form_external_id, form_key, form_key_or_alias, form_alias, form_parameter, form_product,
    form_budget, form_finding, form_record_pattern, form_day;

#endif
