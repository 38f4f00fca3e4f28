/* kit: pieces that several wizards are made of. Private to change/. Pure. */
#ifndef KEYFALL_CHANGE_KIT_H
#define KEYFALL_CHANGE_KIT_H

#include "backend/change/make.h"

/* What people know a key by: its first alias, else its id. */
const char *kit_key_name(struct making *m, struct place at, const char *arn);
/* Refuses a key that a product cannot use: not there, AWS's own, not symmetric, not enabled; warns of a store. */
const cJSON *kit_usable_key(struct making *m, struct place at, const char *arn);
/* Refuses a Region that the account has not enabled, or that AWS does not have. False: nothing there may be asked yet. */
bool kit_check_region(struct making *m, struct place at);
/* Refuses an account that is the own one; of the organization: wants says whether it must be or must not be. */
void kit_check_account(struct making *m, const char *own, const char *account, bool wants_member);
void kit_check_principal(struct making *m, const char *arn);
/* The only role that still may end a key of that place: warns of one of another account. */
void kit_check_break_glass(struct making *m, struct place at, const char *arn);

struct new_key {
    const char *name;        /* ${keyfall:name} is its ARN */
    const char *alias;       /* must be free */
    const char *description;
    const cJSON *policy;     /* stays the caller's */
    int rotation_days;       /* 0: it is not rotated */
};
/* The steps that make it; gives "${keyfall:name}". */
const char *kit_make_key(struct making *m, struct place at, const struct new_key *key);
void kit_rotate(struct making *m, struct place at, const char *key, const char *target, int days);
/* A tag of a key as it is by then: as the plan's last step on it leaves it, else as it was read; "" if there is none. key:
 * an ARN, or what stands for one that is made. */
const char *kit_tag_of(struct making *m, struct place at, const char *key, const char *name);
/* A step that tags it: name, value, ..., NULL; no step if all are so by then. What stands there by then must stand there
 * when it is sent. */
void kit_tag(struct making *m, struct place at, const char *key, const char *target, const char *title, ...)
    __attribute__((sentinel));
/* Words with blanks between, as tags hold them: those of a, and behind them those of b that it lacks, or the latter
 * alone. */
const char *kit_words_of_both(struct making *m, const char *a, const char *b);
const char *kit_words_lacking(struct making *m, const char *a, const char *b);
/* Lets principals (an array of texts) use a key that is there, and services use it for them: no step if its policy has
 * the statements. */
void kit_share(struct making *m, struct place at, const char *key, const char *title, const cJSON *principals);
/* A person's doing uses the key: proved by that, or left to his word if he types KIT_UNSEEN. */
#define KIT_UNSEEN "unseen"
void kit_proved_by_use(cJSON *step, struct place at, const char *key);
int kit_days(const struct making *m, const char *input); /* "no": 0 */

#endif
