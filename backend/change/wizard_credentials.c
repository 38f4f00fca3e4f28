/* Druva's storage credentials: a parameter that Druva signs in with. What can be undone is undone first: a value that can
 * be read again is better than a new one, for Druva documents such a text as half of a backup key (E-Key). keyfall reads
 * no value and puts no parameter.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html */
#include "backend/change/wizards.h"

#include "backend/change/kit.h"
#include "backend/change/statements.h"

#include <string.h>

#define CONSOLE "the CloudRanger console (Druva AWS workloads)"
#define OWN_KEY "alias/aws/ssm"

/* The name in an ARN: what has levels begins with a slash that its ARN lacks. */
static const char *name_of(struct making *m, const char *arn)
{
    const char *name = strstr(arn, ":parameter/");
    name = name ? name + strlen(":parameter/") : "";
    return strchr(name, '/') ? arena_printf(m->arena, "/%s", name) : name;
}

/* The key that an alias names now is the value's only if it named it when the parameter was put, for the value stays under
 * the key that it was put under. */
static const char *key_of_alias(struct making *m, struct place at, const cJSON *parameter, const char *alias)
{
    const cJSON *named = see(m, FACT_ALIAS, at, alias);
    double put = cJSON_GetNumberValue(fact_item(parameter, "LastModifiedDate"));
    double since = cJSON_GetNumberValue(fact_item(named, "LastUpdatedDate"));
    bool is_gone = fact_is_absent(named);
    if (is_gone || since > put)
        refuse(m, "which key the value is under is not known: it was put under the one that %.100s named then, and that alias "
                  "%s. Find that key (CloudTrail: PutParameter, %s), then rescue it with its ARN", alias,
               is_gone ? "is gone" : "names another one since", is_gone ? "DeleteAlias" : "UpdateAlias");
    return fact_text(named, "Key");
}

/* The ARN of the key that a parameter names in one of KMS's ways; "" if it is AWS's own, which nothing can end, or is
 * not known yet. */
static const char *key_of(struct making *m, struct place at, const cJSON *parameter)
{
    const char *key = fact_text(parameter, "KeyId"), *alias = strstr(key, "alias/");
    if (!key[0] || (alias && strcmp(alias, OWN_KEY) == 0))
        return "";
    if (alias)
        return key_of_alias(m, alias == key ? at : arn_place(m, key), parameter, alias);
    if (strncmp(key, "arn:", 4) == 0)
        return key;
    return arena_printf(m->arena, "arn:%s:kms:%s:%s:key/%s", partition_of(at.region), at.region, at.account, key);
}

static void look_elsewhere(struct making *m, struct place at, const char *name)
{
    const cJSON *region;
    cJSON_ArrayForEach(region, input_list(m, "regions"))
    {
        struct place other = {at.account, region->valuestring};
        const cJSON *there = kit_check_region(m, other) ? see_if_may(m, FACT_PARAMETER, other, name) : NULL;
        if (fact_unknown(there))
            warn(m, "Whether %s is in %s too cannot be read (%s).", name, region->valuestring, fact_unknown(there));
        else if (there && !fact_is_absent(there))
            warn(m, "%s is in %s too. Do not delete or overwrite it: it may be the other half of a backup key.", name,
                 region->valuestring);
    }
}

/* ---- what a person does ---------------------------------------------------------------------------------------------- */

static void guard_the_e_key(struct making *m, const char *name)
{
    cJSON *step = step_human(m, "Make sure that it is not the E-Key", CONSOLE, "type no-e-key once you know", "no-e-key");
    step_line(step, "Druva documents a Parameter Store string as half of the backup key (E-Key). Do not delete or overwrite "
                    "any Druva parameter.");
    step_line(step, "Druva Storage, Storage and Encryption, Encryption: confirm that %s is not the E-Key's string, or that "
                    "another authorisation holds it (the secondary Region, another account).", name);
    step_line(step, "Find out who did it: CloudTrail, DeleteParameter, ScheduleKeyDeletion, DisableKey.");
}

/* Only what was put since then is new: not one that was there, unless it is made anew under its name. */
static void expect_new(struct making *m, cJSON *step, struct place at, const char *prefix)
{
    const cJSON *there = see(m, FACT_PARAMETERS, at, prefix), *put;
    cJSON *wanted = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(step, "after"), 0);
    cJSON *dates = cJSON_AddArrayToObject(cJSON_AddObjectToObject(wanted, "not"), "LastModifiedDate");
    cJSON_ArrayForEach(put, cJSON_GetObjectItemCaseSensitive(there, "is"))
        cJSON_AddItemToArray(dates, cJSON_Duplicate(put, true));
}

/* The ways in which a parameter may name its key; the caller's. */
static cJSON *names_of_key(struct making *m, const char *key)
{
    struct place at = arn_place(m, key);
    const char *id = strrchr(key, '/') + 1;
    cJSON *names = array_of(key, id, NULL);
    const cJSON *alias;
    cJSON_ArrayForEach(alias, fact_item(see(m, FACT_ALIASES, at, key), "Names"))
    {
        cJSON_AddItemToArray(names, cJSON_Duplicate(alias, true));
        cJSON_AddItemToArray(names, cJSON_CreateString(arena_printf(m->arena, "%.*s%s", (int)(id - key - (int)strlen("key/")),
                                                                   key, alias->valuestring)));
    }
    return names;
}

/* Parameter Store finds it in the parameter's own Region; Druva is given the right to use it in its own account alone. */
static void check_key(struct making *m, struct place at, const char *key)
{
    struct place key_at = arn_place(m, key);
    if (strcmp(key_at.account, at.account) != 0 || strcmp(key_at.region, at.region) != 0)
        refuse(m, "key is of account %s, %s, and the parameter of account %s, %s: they must be of one", key_at.account,
               key_at.region, at.account, at.region);
    else
        (void)kit_usable_key(m, key_at, key);
}

static void recreate(struct making *m, struct place at)
{
    const char *key = input_text(m, "key"), *prefix = input_text(m, "prefix");
    if (key[0])
        check_key(m, at, key);
    cJSON *step = step_human(m, "Recreate the storage credentials", CONSOLE,
                             "type the name of the parameter that has appeared", "");
    step_line(step, "Create new storage credentials there for account %s, %s. The parameter appears by itself: nobody puts "
                    "it by hand.", at.account, at.region);
    step_line(step, "A name that was deleted less than 30 seconds ago cannot be made again.");
    step_line(step, "It begins with %s. One that was there before proves nothing.", prefix);
    step_begins(step, prefix);
    cJSON_AddItemToObject(step, "gives", object_of("name", "parameter", NULL));
    cJSON *is = object_of("Type", "SecureString", NULL);
    cJSON_AddItemToObject(is, "KeyId", key[0] ? names_of_key(m, key) : array_of(OWN_KEY, NULL));
    step_after(step, FACT_PARAMETER, at, "${keyfall:parameter}", is);
    expect_new(m, step, at, prefix);
    if (key[0])
        step_after(step, FACT_KEY, arn_place(m, key), key, object_of("KeyState", "Enabled", NULL));
}

/* key: that the value is under; "": AWS's own. */
static void try_it(struct making *m, const char *key)
{
    cJSON *step = step_human(m, "Prove that Druva can work", CONSOLE, "type works once both went well", "works");
    step_line(step, "Run one backup job and one restore.");
    step_line(step, "Existing backups stay, as Druva says: verify it with that restore.");
    step_line(step, "If the parameter is under a key of yours: protect that key (the wizard prevent-deletion).");
    if (key[0])
        kit_proved_by_use(step, arn_place(m, key), key);
}

/* ---- the plan -------------------------------------------------------------------------------------------------------- */

/* What is no credential of Druva's, and what is there as it should be. */
static void check_parameter(struct making *m, const char *name, const cJSON *parameter)
{
    const char *prefix = input_text(m, "prefix"), *type = fact_text(parameter, "Type");
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        refuse(m, "%.100s does not begin with %.60s: give prefix=, if your E-Key parameters begin otherwise", name, prefix);
    if (type[0] && strcmp(type, "SecureString") != 0)
        refuse(m, "%.100s is a %.20s, and Druva's credentials are SecureStrings: somebody put another in its place, or it is "
                  "none of Druva's", name, type);
    else if (type[0] && !fact_text(parameter, "KeyId")[0])
        refuse(m, "which key %.100s is under, AWS does not say", name);
}

static void rescue_its_key(struct making *m, const char *name, const char *arn, const char *state)
{
    if (!arn[0] || strcmp(state, "Enabled") == 0)
        refuse(m, "nothing is wrong with %.100s: it is there, and its key works. What Druva cannot read then hangs on IAM or "
                  "on the key's policy: keyfall access --key K", name);
    if (input_text(m, "key")[0])
        refuse(m, "%.100s is rescued under the key that it has: leave key out", name);
    if (arn[0])
        m->phrase = kit_key_name(m, arn_place(m, arn), arn);
    warn(m, "The value is not lost: its key is rescued, and nothing is made anew.");
    rescue_steps(m, arn_place(m, arn), arn, state);
}

void make_credentials(struct making *m)
{
    const char *arn = input_text(m, "parameter"), *name = name_of(m, arn);
    struct place at = arn_place(m, arn);
    const cJSON *parameter = see(m, FACT_PARAMETER, at, name);
    const char *key_arn = key_of(m, at, parameter);
    const cJSON *key = key_arn[0] ? see(m, FACT_KEY, arn_place(m, key_arn), key_arn) : NULL;
    m->phrase = name;
    check_parameter(m, name, parameter);
    look_elsewhere(m, at, name);
    if (fact_is_absent(parameter) || fact_is_absent(key)) {
        guard_the_e_key(m, name);
        recreate(m, at);
        try_it(m, input_text(m, "key"));
    } else {
        rescue_its_key(m, name, key_arn, arena_strdup(m->arena, fact_text(key, "KeyState")));
        try_it(m, key_arn);
    }
}
