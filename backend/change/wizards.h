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
void make_ekm(struct making *m); /* about: struct ekm_product */
void make_ekm_switch(struct making *m);

#endif
