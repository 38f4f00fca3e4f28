/* random_story: small estates of any shape, for tests that change them and ask again. The same seed gives the same
 * lines. Three places, two accounts; what is in one may name what is in another. */
#ifndef KEYFALL_TESTS_RANDOM_STORY_H
#define KEYFALL_TESTS_RANDOM_STORY_H

#include "small_estate.h"

static const char *const story_places[] = {"111122223333 eu-west-1", "111122223333 us-east-1", "444455556666 eu-west-1"};
#define STORY_PLACES 3
#define STORY_KEYS 4 /* at most, of a place: k0 ... */

struct story {
    uint64_t state;
    struct buf lines;
};

static inline unsigned story_pick(struct story *s, unsigned n)
{
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return (unsigned)((s->state >> 20) % n);
}

/* An ARN of a thing of one of the places, mostly of this one; some are nowhere. Keys are of this one: no policy of theirs
 * lets others in. */
static inline void story_arn(struct story *s, unsigned place, const char *service, const char *before, unsigned most)
{
    bool is_here = story_pick(s, 4) || strcmp(service, "kms") == 0;
    unsigned at = is_here ? place : story_pick(s, STORY_PLACES);
    buf_printf(&s->lines, "arn:aws:%s:%.*s:%.12s:%s%u", service, (int)strlen(story_places[at] + 13), story_places[at] + 13,
               story_places[at], before, story_pick(s, most));
}

static inline const char *story_word(struct story *s, const char *const *words, unsigned n)
{
    return words[story_pick(s, n)];
}
#define STORY_WORD(s, ...)                                                                         \
    story_word(s, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static inline void story_key_of(struct story *s, unsigned place, const char *member)
{
    if (!story_pick(s, 6))
        return;
    buf_printf(&s->lines, " %s=", member);
    story_arn(s, place, "kms", "key/k", STORY_KEYS + 1); /* the last is nowhere */
}

static inline void story_keys(struct story *s, unsigned place)
{
    for (unsigned i = 0, n = 1 + story_pick(s, STORY_KEYS); i < n; i++) {
        const char *state = STORY_WORD(s, "Enabled", "Enabled", "Enabled", "Disabled", "PendingDeletion", "PendingImport");
        buf_printf(&s->lines, "key $Kk%u state=%s manager=%s origin=%s spec=SYMMETRIC_DEFAULT usage=ENCRYPT_DECRYPT rotation=%s%s",
                   i, state, STORY_WORD(s, "CUSTOMER", "CUSTOMER", "CUSTOMER", "AWS"),
                   strcmp(state, "PendingImport") == 0 ? "EXTERNAL" : "AWS_KMS", STORY_WORD(s, "true", "false"),
                   strcmp(state, "PendingDeletion") == 0 ? " deletion_date=+9d" : "");
        buf_adds(&s->lines,
                 STORY_WORD(s, " policy={}",
                            " policy={\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}]}",
                            " policy={\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"
                            "\"Action\":\"kms:*\",\"Resource\":\"*\"}]} external_accounts=111122223333"));
        buf_adds(&s->lines, STORY_WORD(s, " tags=owner,us\n", "\n"));
        if (!story_pick(s, 3))
            buf_printf(&s->lines, "grant keyfall:grant/%u%u/1 key_arn=$Kk%u grantee=%s operations=Decrypt created=-100d\n", place,
                       i, i, STORY_WORD(s, "arn:aws:iam::111122223333:role/r", "arn:aws:iam::999999999999:role/x", "rds.amazonaws.com"));
    }
    for (unsigned i = 0, n = story_pick(s, 3); i < n; i++) {
        buf_printf(&s->lines, "alias $Aa%u key_arn=$Kk%u name=alias/a%u updated=-1d\n", i, story_pick(s, STORY_KEYS), i);
    }
}

static inline void story_backups(struct story *s, unsigned place)
{
    for (unsigned i = 0, n = story_pick(s, 3); i < n; i++) {
        buf_printf(&s->lines, "vault $Vv%u name=v%u locked=%s", i, i, STORY_WORD(s, "true", "false"));
        story_key_of(s, place, "key_arn");
        buf_adds(&s->lines, STORY_WORD(s, " access_policy={}\n", "\n"));
        for (unsigned p = 0, points = story_pick(s, 4); p < points; p++) {
            buf_printf(&s->lines, "recovery-point $Rp%u%u vault_arn=$Vv%u status=%s encrypted=true resource_arn=", i, p, i,
                       STORY_WORD(s, "COMPLETED", "COMPLETED", "EXPIRED", "PARTIAL"));
            story_arn(s, place, "rds", "db:d", 3);
            story_key_of(s, place, "key_arn");
            buf_adds(&s->lines, "\n");
        }
    }
    if (!story_pick(s, 2)) {
        buf_printf(&s->lines, "backup-plan $Bb plan_id=p%u\nbackup-rule keyfall:backup-rule/%u plan_arn=$Bb vault_arn=", place, place);
        story_arn(s, place, "backup", "backup-vault:v", 3);
        buf_adds(&s->lines, " copies_to=");
        story_arn(s, story_pick(s, STORY_PLACES), "backup", "backup-vault:v", 2);
        buf_printf(&s->lines, "\nbackup-selection keyfall:backup-selection/%u plan_arn=$Bb "
                              "role_arn=arn:aws:iam::111122223333:role/r\n", place);
    }
    if (!story_pick(s, 3))
        buf_printf(&s->lines, "copy-job keyfall:copy-job/%u state=FAILED\n", place);
}

static inline void story_holdings(struct story *s, unsigned place)
{
    for (unsigned i = 0, n = story_pick(s, 3); i < n; i++) {
        buf_printf(&s->lines, "db-instance $Dd%u encrypted=true status=available backup_retention_days=%u engine=%s", i,
                   story_pick(s, 3), STORY_WORD(s, "mysql", "docdb"));
        story_key_of(s, place, "key_arn");
        buf_printf(&s->lines, "\nprotected-resource keyfall:protected/%u%u resource_arn=$Dd%u resource_type=RDS", place, i, i);
        const char *type = STORY_WORD(s, "manual", "automated");
        buf_printf(&s->lines, "\ndb-snapshot $Ss%u status=available encrypted=true snapshot_type=%s source_arn=", i, type);
        if (strcmp(type, "automated") == 0) /* AWS keeps them where the database is */
            buf_printf(&s->lines, "$Dd%u", story_pick(s, 3));
        else
            story_arn(s, place, "rds", "db:d", 3);
        story_key_of(s, place, "key_arn");
        buf_printf(&s->lines, "\nvolume $Lvol-%u encrypted=%s status=%s", i, STORY_WORD(s, "true", "false"),
                   STORY_WORD(s, "in-use", "available"));
        story_key_of(s, place, "key_arn");
        buf_printf(&s->lines, "\nparameter $Pp%u name=p%u type=SecureString last_modified=-9d", i, i);
        story_key_of(s, place, "key_arn");
        buf_adds(&s->lines, "\n");
    }
    if (!story_pick(s, 2)) {
        buf_printf(&s->lines, "sqs-queue arn:aws:sqs:%s:%.12s:q name=q", story_places[place] + 13, story_places[place]);
        story_key_of(s, place, "key_arn");
        buf_printf(&s->lines, "\nlambda-function arn:aws:lambda:%s:%.12s:function:f name=f", story_places[place] + 13,
                   story_places[place]);
        story_key_of(s, place, "key_arn");
        buf_adds(&s->lines, "\n");
    }
}

/* The caller's. */
static inline char *random_story(uint64_t seed)
{
    struct story s = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1};
    for (int i = 0; i < 8; i++)
        (void)story_pick(&s, 2);
    buf_adds(&s.lines, STORY_WORD(&s, "org\n", ""));
    for (unsigned place = 0; place < STORY_PLACES; place++) {
        buf_printf(&s.lines, "at %s\n", story_places[place]);
        story_keys(&s, place);
        story_backups(&s, place);
        story_holdings(&s, place);
    }
    buf_adds(&s.lines, "at 111122223333 eu-west-1\n"
                       "principal arn:aws:iam::111122223333:role/r name=r type=role "
                       "attached_policies=arn:aws:iam::111122223333:policy/p\n"
                       "iam-policy arn:aws:iam::111122223333:policy/p type=managed document={\"Statement\":[{\"Effect\":\"Allow\","
                       "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}\n");
    return buf_take(&s.lines);
}

#endif
