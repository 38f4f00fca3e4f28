#include "backend/judge/impact_products.h"

#include "backend/judge/internal.h"

#include <string.h>

bool ekm_is_switching(const struct record *r)
{
    return value_is(r, ATTR_EKM_PHASE, "in-transition");
}

bool ekm_is_entra_id(const struct record *r)
{
    return value_is(r, ATTR_EKM_PRODUCT, "entra-id");
}

bool ekm_is_salesforce(const struct record *r)
{
    return value_is(r, ATTR_EKM_PRODUCT, "salesforce");
}

/* ---- the E-Key --------------------------------------------------------------------------------- */

bool is_not_e_key(const struct record *r)
{
    return e_key_of(r) == E_KEY_NO;
}

bool is_e_key(const struct record *r)
{
    return e_key_of(r) == E_KEY_YES;
}

/* The same string is kept in every account and Region that was authorised for it, under one name. */
bool is_e_key_elsewhere_too(const struct record *r)
{
    struct record other;
    const char *name = value_text(r, ATTR_PARAMETER_NAME);
    if (!is_e_key(r))
        return false;
    for (struct walk w = walk_kind(r->generation, KIND_CREDENTIAL); walk_next(&w, &other);) {
        uint32_t parameter = value_node(&other, ATTR_CREDENTIAL_PARAMETER);
        if (parameter && parameter != r->node && value_is(&other, ATTR_CREDENTIAL_E_KEY, "yes") &&
            value_is(&other, ATTR_CREDENTIAL_NAME, name + (name[0] == '/')))
            return true;
    }
    return false;
}

#define PAGE "docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html"

const struct impact_rule impact_perhaps_e_key = {
    .first = EFFECT_UNKNOWN, .last = EFFECT_UNKNOWN,
    .first_severity = SEVERITY_CRITICAL, .last_severity = SEVERITY_CRITICAL,
    .first_text = "is this string half of Druva's E-Key? If it is, and no other copy exists, the backups "
                  "under it are lost",
    .remedy = "Ask Druva Support; say ekey = yes or no in the configuration.",
    .page = PAGE,
};

const struct impact_rule impact_e_key = {
    .first = EFFECT_DOWN, .last = EFFECT_LOST,
    .first_severity = SEVERITY_CRITICAL, .last_severity = SEVERITY_CRITICAL,
    .first_text = "half of Druva's E-Key cannot be read: what is under it can neither be backed up nor restored",
    .last_text = "half of Druva's E-Key is gone, and no other copy was seen: the backups under it are lost",
    .remedy = "Authorise a second account or Region for the E-Key in Druva's console while this one works.",
    .page = PAGE,
};

const struct impact_rule impact_e_key_elsewhere = {
    .first = EFFECT_UNKNOWN, .last = EFFECT_UNKNOWN,
    .first_severity = SEVERITY_HIGH, .last_severity = SEVERITY_HIGH,
    .first_text = "half of Druva's E-Key; another account or Region holds a parameter of the same name: whether "
                  "Druva can use that one cannot be seen from here",
    .remedy = "See in Druva's console that the other authorisation works.",
    .page = PAGE,
};
