/* wizard_ekm: what differs between the products that keep their backups under a key of the customer. Private to change/.
 * Constant data. */
#ifndef KEYFALL_CHANGE_WIZARD_EKM_H
#define KEYFALL_CHANGE_WIZARD_EKM_H

struct ekm_product {
    const char *tag, *name; /* of keyfall:ekm, for people */
    const char *settings;   /* where in the console */
    const char *test;       /* what proves that it works */
};
extern const struct ekm_product ekm_entra_id, ekm_salesforce;

#endif
