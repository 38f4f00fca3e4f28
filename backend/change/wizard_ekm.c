#include "backend/change/wizard_ekm.h"

#include "backend/change/input.h"
#include "backend/change/kit.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"
#include "backend/change/wizards.h"

#include <string.h>

#define USE_SID "Allow use of the Key for Druva inSync"
#define GRANTS_SID "Allow attachment of persistent resources"
#define HANDED_OVER "none: Druva's backups hang on this key from here on. Undo none of what comes before"
#define OTHER_ARN "is not the ARN above: give Druva that one"

const struct ekm_product ekm_entra_id = {
    .tag = "entra-id",
    .name = "Microsoft Entra ID",
    .settings = "Druva console: Settings, Endpoints & SaaS Apps Settings, Enterprise Key Management",
    .test = "Run one backup, one restore and one download of Entra ID data.",
};
const struct ekm_product ekm_salesforce = {
    .tag = "salesforce",
    .name = "Salesforce",
    .settings = "Druva Endpoints console: Settings, Enterprise Key Management",
    .test = "Run one backup and one restore of Salesforce data.",
};

/* ---- what both wizards have ------------------------------------------------------------------------------------------ */

static cJSON *druva_roots(struct making *m, const char *region)
{
    const char *account = input_text(m, "druva_account");
    cJSON *one = array_of(account, NULL), *roots = roots_of(m, region, one);
    cJSON_Delete(one);
    return roots;
}

/* Adds the console's two statements for Druva's account. */
static void put_external(struct making *m, struct place at, cJSON *policy)
{
    cJSON *roots = druva_roots(m, at.region);
    policy_put(policy, statement_use(USE_SID, roots));
    policy_put(policy, statement_grants(GRANTS_SID, roots));
    cJSON_Delete(roots);
}

static cJSON *new_policy(struct making *m, struct place at)
{
    cJSON *policy = policy_new();
    policy_put(policy, statement_root(m, at));
    if (input_list(m, "admins") && input_list(m, "admins")->child)
        policy_put(policy, statement_admins(input_list(m, "admins")));
    put_external(m, at, policy);
    if (input_text(m, "break_glass")[0])
        policy_put(policy, statement_deny_deletion(input_text(m, "break_glass")));
    return policy;
}

/* The key that Druva is given, as it must be then. */
struct ekm_key {
    struct place at;
    const char *arn, *name;
    cJSON *policy; /* whoever has it made frees it */
};

/* Before the step the key works, and its policy lets Druva in. */
static void must_work(cJSON *step, const struct ekm_key *key)
{
    step_before(step, FACT_KEY, key->at, key->arn, object_of("KeyState", "Enabled", NULL));
    step_before(step, FACT_POLICY, key->at, key->arn, policy_is(key->policy));
}

/* A key that is there already: its policy gets what it lacks. */
static void take_key(struct making *m, struct ekm_key *taken)
{
    struct place at = taken->at;
    const char *arn = taken->arn;
    const cJSON *key = kit_usable_key(m, at, arn);
    const cJSON *was = fact_item(see(m, FACT_POLICY, at, arn), "Policy");
    const char *name = taken->name = kit_key_name(m, at, arn);
    cJSON *policy = taken->policy = policy_copy(was);
    put_external(m, at, policy);
    cJSON *roots = druva_roots(m, at.region);
    policy_check_denials(m, arn, policy, roots, use_and_grants_of_keys, true);
    cJSON_Delete(roots);
    if (was && !cJSON_Compare(policy, was, true))
        step_put_key_policy(m, at, arn, name, was, policy, "Let Druva's account use the key");
    const cJSON *rotation = see_if_may(m, FACT_ROTATION, at, arn);
    if (kit_days(m, "rotation") > 0 && strcmp(fact_text(key, "Origin"), "AWS_KMS") == 0 && rotation &&
        !fact_unknown(rotation) && !fact_is_true(rotation, "KeyRotationEnabled"))
        kit_rotate(m, at, arn, name, kit_days(m, "rotation"));
}

static void make_new(struct making *m, struct ekm_key *made)
{
    const cJSON *admin;
    cJSON_ArrayForEach(admin, input_list(m, "admins")) kit_check_principal(m, admin->valuestring);
    if (input_text(m, "break_glass")[0])
        kit_check_break_glass(m, made->at, input_text(m, "break_glass"));
    if (!kit_check_region(m, made->at))
        return;
    made->policy = new_policy(m, made->at);
    struct new_key key = {.name = "key",
                          .alias = input_text(m, "alias"),
                          .description = input_text(m, "description"),
                          .policy = made->policy,
                          .rotation_days = kit_days(m, "rotation")};
    made->arn = kit_make_key(m, made->at, &key);
}

/* at: where a new one is made. */
static struct ekm_key make_or_take(struct making *m, struct place at)
{
    const char *given = input_text(m, "key");
    struct ekm_key key = {at, given[0] ? given : "${keyfall:key}", input_text(m, "alias"), NULL};
    if (given[0]) {
        key.at = arn_place(m, given);
        take_key(m, &key);
    } else {
        make_new(m, &key);
    }
    return key;
}

static void read_account_back(struct making *m)
{
    const char *account = input_text(m, "druva_account");
    warn(m, "Druva's AWS account is %s, as you gave it: a typo gives another customer of AWS use of this key.",
         account_in_groups(m->arena, account));
    cJSON *step = step_human(m, "Read Druva's account id back", "the page you copied it from",
                             "type the account id as that page shows it, once more", account);
    step_wrong(step, "is not the account id of this plan: look again; if the page does show that, stop here and make a new "
                     "plan with it");
    step_line(step, "A typo gives another customer of AWS use of this key: take it from there, it is not shown here.");
    step_line(step, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
}

static void warn_of_ekm(struct making *m)
{
    warn(m, "%s", text_get(TEXT_EKM_FAILS));
    warn(m, "%s", text_get(TEXT_NEVER_DELETE));
    warn(m, "The key's policy is half of it: the other half is IAM in Druva's account. %s", text_get(TEXT_UNPROVEN));
    warn(m, "Which Region Druva needs is not published: ask Druva Support before you begin, for a key cannot move.");
}

/* ---- registration: the tags that keyfall reads, products.h ------------------------------------------------------------- */

#define PRODUCTS "keyfall:ekm"
#define PHASE "keyfall:phase"
#define DRUVA "keyfall:druva-account"

static bool is_current(const char *phase)
{
    return !phase[0] || strcmp(phase, "current") == 0;
}

/* Nothing that a registration says of another account, product or switch is written over. */
static void check_registration(struct making *m, const struct ekm_key *key, const char *products)
{
    const char *druva = kit_tag_of(m, key->at, key->arn, DRUVA), *phase = kit_tag_of(m, key->at, key->arn, PHASE);
    const char *others = kit_words_lacking(m, products, kit_tag_of(m, key->at, key->arn, PRODUCTS));
    if (druva[0] && strcmp(druva, input_text(m, "druva_account")) != 0)
        refuse(m, "the key %.120s is registered for Druva's account %.40s (tag " DRUVA "), not %s", key->arn, druva,
               input_text(m, "druva_account"));
    if (others[0] && !is_current(phase))
        refuse(m, "the key %.120s is registered as %.40s for %.60s (tags " PHASE ", " PRODUCTS "), and one phase is for all that "
                  "are under it: finish that first", key->arn, phase, others);
}

/* The old key's phase is that of each product under it. */
static void check_old_registration(struct making *m, const struct ekm_key *key, const char *products)
{
    const char *registered = kit_tag_of(m, key->at, key->arn, PRODUCTS), *others = kit_words_lacking(m, products, registered);
    check_registration(m, key, products);
    if (others[0])
        refuse(m, "the old key is registered for %.60s, too (tag " PRODUCTS "), and they are switched together: give "
                  "product=\"%.80s\"", others, kit_words_of_both(m, registered, products));
    if (strcmp(kit_tag_of(m, key->at, key->arn, PHASE), "former") == 0)
        refuse(m, "the old key is registered as former (tag " PHASE "): give the key that Druva uses now");
}

static void add_registration(struct making *m, const struct ekm_key *key, const char *products, const char *phase)
{
    kit_tag(m, key->at, key->arn, key->name, arena_printf(m->arena, "Register %s as %s", key->name, phase), PRODUCTS,
            kit_words_of_both(m, kit_tag_of(m, key->at, key->arn, PRODUCTS), products), PHASE, phase, DRUVA,
            input_text(m, "druva_account"), NULL);
}

/* Before it is handed over, for from then on backups hang on it, whether or not anybody comes back. What other products
 * hang on already stays what it is to them. */
static void register_new_key(struct making *m, const struct ekm_key *key, const char *products)
{
    bool is_used = kit_tag_of(m, key->at, key->arn, PRODUCTS)[0] && is_current(kit_tag_of(m, key->at, key->arn, PHASE));
    check_registration(m, key, products);
    add_registration(m, key, products, is_used ? "current" : "in-transition");
}

static void add_configuration(cJSON *step, const char *product, const char *arn)
{
    step_line(step, "The key's tags register it. keyfall.conf can say so too: [ekm %s] with product = %s and key = %s.",
              product, product, arn);
}

/* ---- enable ---------------------------------------------------------------------------------------------------------- */

static void ask_activation(struct making *m, const struct ekm_product *p)
{
    cJSON *step = step_human(m, "Have EKM activated", p->settings,
                             "type visible once the fields of Enterprise Key Management are there", "visible");
    step_line(step, "The contract must include EKM, and Druva Support must activate it: fields that you cannot see are "
                    "not activated.");
    step_line(step, "Ask Druva Support whether EKM is enabled for another product of this Druva account already: one "
                    "setting may serve them all.");
    step_line(step, "Copy the 12 digits of Druva's AWS account from there.");
}

static void hand_over(struct making *m, const struct ekm_product *p, const struct ekm_key *key)
{
    const char *arn = key->arn;
    cJSON *step = step_human(m, "Give the key's ARN to Druva", p->settings,
                             "paste the ARN that the console shows beside External Cloud Key Management: Enabled", arn);
    step_wrong(step, OTHER_ARN);
    must_work(step, key);
    step_no_way_back(step, HANDED_OVER);
    step_line(step, "The key's ARN: %s", arn);
    step_line(step, "1. Enable. 2. Paste it into Update KMS key ARN. 3. Next: Druva validates it. 4. Save. 5. Continue.");
    step_line(step, "6. Read the terms. %s The last exit is here.", text_get(TEXT_NO_WAY_BACK));
    step_line(step, "7. Yes, I Agree.");
    step_line(step, "If it is not validated, look in this order: the key's state, the Region, the account id in the key's "
                    "policy, a resource control policy or Deny of the organization, the key's custom store; then Druva "
                    "Support.");
}

static void prove_use(struct making *m, const struct ekm_product *p, const struct ekm_key *key)
{
    cJSON *step = step_human(m, "Prove that it works", "the Druva console", "type works once all went well", "works");
    step_line(step, "%s", p->test);
    step_line(step, "CloudTrail shows what Druva did with the key. What was denied to Druva is in Druva's trail alone: "
                    "silence here proves nothing.");
    add_configuration(step, p->tag, key->arn);
    must_work(step, key);
    kit_proved_by_use(step, key->at, key->arn);
}

void make_ekm(struct making *m)
{
    const struct ekm_product *p = m->wizard->about;
    struct place at = {input_text(m, "account"), input_text(m, "region")};
    bool is_new = !input_text(m, "key")[0];
    if (is_new && (!at.account[0] || !at.region[0]))
        refuse(m, "where is the key to be made? Give account and region, or the ARN of an existing key");
    warn(m, "%s", text_get(TEXT_NO_WAY_BACK));
    warn_of_ekm(m);
    ask_activation(m, p);
    read_account_back(m);
    struct ekm_key key = make_or_take(m, at);
    kit_check_account(m, key.at.account, input_text(m, "druva_account"), false);
    m->phrase = key.name;
    register_new_key(m, &key, p->tag);
    hand_over(m, p, &key);
    add_registration(m, &key, p->tag, "current");
    prove_use(m, p, &key);
    cJSON_Delete(key.policy);
}

/* ---- switch ---------------------------------------------------------------------------------------------------------- */

static void update_console(struct making *m, const struct ekm_key *key)
{
    const char *arn = key->arn;
    cJSON *step = step_human(m, "Give the new ARN to Druva", "Druva console: Enterprise Key Management settings",
                             "paste the ARN that the console shows now", arn);
    step_wrong(step, OTHER_ARN);
    must_work(step, key);
    step_no_way_back(step, HANDED_OVER);
    step_line(step, "The new key's ARN: %s", arn);
    step_line(step, "Update KMS Key ARN, paste it, Save.");
    step_line(step, "%s", text_get(TEXT_KEEP_OLD_ENABLED));
}

static void wait_for_integration(struct making *m, const struct ekm_key *key)
{
    cJSON *step = step_human(m, "Wait until the new key is integrated", "the Druva console",
                             "type integrated once both went well", "integrated");
    step_line(step, "Run one backup, and one restore of a backup from before the switch.");
    step_line(step, "Ask Druva Support whether existing backups were wrapped anew. As long as the old key is still used "
                    "(kms:GetKeyLastUsage), old data hangs on it.");
    must_work(step, key);
    kit_proved_by_use(step, key->at, key->arn);
}

static void retire(struct making *m, struct place at, const char *old, const char *name, const struct ekm_key *key)
{
    cJSON *step = step_human(m, "Make sure that nothing needs the old key", "your retention rules, and Druva Support",
                             arena_printf(m->arena, "type %s to disable the old key", name), name);
    step_line(step, "Disable it only after the longest retention of any backup from before the switch, or with Druva's "
                    "written word.");
    step_line(step, "%s", text_get(TEXT_NEVER_DELETE));
    step_line(step, "It is disabled only once a use of the new key shows (kms:GetKeyLastUsage).");
    must_work(step, key);
    step_after(step, FACT_LAST_USE, key->at, key->arn, cJSON_CreateObject());
    step = step_call(m, OP_KMS_DISABLE_KEY, at, name, "Disable the old key");
    step_param(step, "KeyId", old);
    step_before(step, FACT_KEY, at, old, object_of("KeyState", "Enabled", NULL));
    must_work(step, key);
    step_after(step, FACT_KEY, at, old, object_of("KeyState", "Disabled", NULL));
    step_undo(step, "kms:EnableKey", object_of("KeyId", old, NULL));
}

void make_ekm_switch(struct making *m)
{
    const char *old = input_text(m, "old_key"), *product = input_text(m, "product");
    struct place old_at = arn_place(m, old), at = {input_text(m, "account"), input_text(m, "region")};
    at.account = at.account[0] ? at.account : old_at.account;
    at.region = at.region[0] ? at.region : old_at.region;
    if (strcmp(input_text(m, "key"), old) == 0)
        refuse(m, "the new key is the old one");
    kit_usable_key(m, old_at, old); /* a dead old key cannot be switched from */
    m->phrase = kit_key_name(m, old_at, old);
    warn(m, "If it is for rotation alone: have the old key rotated instead (the wizard rotation; once, at once: aws kms "
            "rotate-key-on-demand). Its ARN stays, and nothing has to be done in Druva.");
    warn(m, "%s", text_get(TEXT_KEEP_OLD_ENABLED));
    warn_of_ekm(m);
    read_account_back(m);
    struct ekm_key key = make_or_take(m, at), old_key = {.at = old_at, .arn = old, .name = m->phrase};
    kit_check_account(m, key.at.account, input_text(m, "druva_account"), false);
    check_old_registration(m, &old_key, product);
    add_registration(m, &old_key, product, "in-transition");
    register_new_key(m, &key, product);
    update_console(m, &key);
    add_registration(m, &key, product, "current");
    wait_for_integration(m, &key);
    add_registration(m, &old_key, product, "former");
    if (input_is(m, "disable_old", "yes"))
        retire(m, old_at, old, m->phrase, &key);
    cJSON_Delete(key.policy);
}
