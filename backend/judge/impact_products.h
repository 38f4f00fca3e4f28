/* impact_products: the conditions and second consequences that the rows of impact_products.def name. Private to
 * judge/. */
#ifndef KEYFALL_JUDGE_IMPACT_PRODUCTS_H
#define KEYFALL_JUDGE_IMPACT_PRODUCTS_H

#include "backend/judge/impact_rules.h"
#include "backend/judge/products.h"

bool ekm_is_switching(const struct record *ekm);
bool ekm_is_entra_id(const struct record *ekm);
bool ekm_is_salesforce(const struct record *ekm);
/* Of parameters, as the configuration says. */
bool is_e_key(const struct record *parameter);
bool is_not_e_key(const struct record *parameter);
bool is_e_key_elsewhere_too(const struct record *parameter);

/* Druva's E-Key: a string of its kind may be half of what its backups are under. */
extern const struct impact_rule impact_perhaps_e_key, impact_e_key, impact_e_key_elsewhere;

#endif
