/* products: what keys' tags, parameters' names and keyfall.conf say of products, as records: EKM keys of Entra ID
 * and Salesforce, Druva's storage credentials, AutoBackup's setups. Tags are the truth, the configuration adds;
 * where they differ the record says so.
 *
 * Tags of a key:
 *   keyfall:ekm            products that keep their backups under it: "entra-id salesforce"
 *   keyfall:phase          current (as without the tag), in-transition, former
 *   keyfall:druva-account  Druva's AWS account
 *   keyfall:autobackup     a setup; with keyfall:role = vault or protected
 *   keyfall:product        druva-credentials: storage credentials should be under it
 * A parameter whose name begins with Druva-ClientCredential- is Druva's.
 *
 * What is written follows from one generation and the settings alone. Belongs to the estate's writer thread. */
#ifndef KEYFALL_COLLECT_PRODUCTS_H
#define KEYFALL_COLLECT_PRODUCTS_H

#include "backend/config/settings.h"
#include "backend/estate/estate.h"

#define DRUVA_CREDENTIAL "Druva-ClientCredential-"

struct products;
/* settings may be NULL; they must outlive it. now_utc: when what only they say was seen. */
struct products *products_new(struct estate *e, const struct product_settings *settings, int64_t now_utc);
void products_free(struct products *p); /* NULL is fine */

/* To be called right after estate_publish, when the newest generation is what the writer has. True if something
 * was written, so that it must be published too. */
bool products_write(struct products *p);

#endif
