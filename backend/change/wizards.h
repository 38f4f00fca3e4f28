/* wizards: what makes their plans. Private to change/: a function for each wizard, or for several that differ in a table
 * alone. */
#ifndef KEYFALL_CHANGE_WIZARDS_H
#define KEYFALL_CHANGE_WIZARDS_H

#include "backend/change/make.h"

void make_autobackup(struct making *m);
void make_move_vault(struct making *m);
void make_share_rds(struct making *m);
void make_rescue(struct making *m);
bool fits_rescue(const struct record *key);
/* The steps that bring a key back from a state; refuses one that they do not end. */
void rescue_steps(struct making *m, struct place at, const char *arn, const char *state);
void make_credentials(struct making *m);
void make_rotation(struct making *m);
void make_key_statement(struct making *m);
void make_prevent_deletion(struct making *m);
void make_vault_access(struct making *m);
void make_ekm(struct making *m); /* about: struct ekm_product */
void make_ekm_switch(struct making *m);

#endif
