#include "backend/cli/access_batch.h"
#include "backend/policy/condition.h"
#include "backend/policy/operation.h"
#include "backend/policy/pattern.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cJSON.h>
#include <cmocka.h>

#define KEY "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
#define ROLE_A "arn:aws:iam::111111111111:role/path/Backup"
#define ROLE_B "arn:aws:iam::222222222222:role/Copy"
#define USER_A "arn:aws:iam::111111111111:user/u"

/* ---- the vectors: a line each, with what is expected ------------------------------------------------------ */

static const char *verdict_in(const char *answer, cJSON **parsed)
{
    *parsed = cJSON_Parse(answer);
    assert_non_null(*parsed);
    return cJSON_GetObjectItem(*parsed, "verdict")->valuestring;
}

static bool is_expected(const char *verdict, const char *expect)
{
    if (strcmp(expect, "deny") == 0)
        return strstr(verdict, "_denied") != NULL;
    return strcmp(expect, "allow") == 0 ? strcmp(verdict, "allowed") == 0 : strcmp(verdict, expect) == 0;
}

static void test_vectors(void **state)
{
    (void)state;
    FILE *file = fopen("tests/policy/vectors.jsonl", "r");
    char *line = NULL;
    size_t cap = 0, n = 0;
    ssize_t len;
    assert_non_null(file);
    while ((len = getline(&line, &cap, file)) > 0) {
        struct buf out = {0};
        struct err err = {0};
        cJSON *asked = cJSON_ParseWithLength(line, (size_t)len), *answer;
        cJSON *expected = cJSON_DetachItemFromObject(asked, "expect");
        char *question = cJSON_PrintUnformatted(asked);
        assert_int_equal(access_batch_line(question, strlen(question), &out, &err), ERR_OK);
        const char *verdict = verdict_in(out.data, &answer);
        const char *expect = expected->valuestring;
        if (!is_expected(verdict, expect))
            fail_msg("%s: wanted %s\n  says %s", line, expect, out.data);
        int because = cJSON_GetArraySize(cJSON_GetObjectItem(answer, "unknown_because"));
        assert_int_equal(because > 0, strcmp(verdict, "unknown") == 0);
        cJSON_free(question);
        cJSON_Delete(expected);
        cJSON_Delete(asked);
        cJSON_Delete(answer);
        buf_free(&out);
        n++;
    }
    assert_int_equal(n, 68);
    free(line);
    assert_int_equal(fclose(file), 0);
}

/* ---- by hand: what the vectors do not reach --------------------------------------------------------------- */

#define ROOT_A                                                                                     \
    "{\"Sid\":\"root\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111111111111:root\"},"  \
    "\"Action\":\"kms:*\",\"Resource\":\"*\"}"
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define YES POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":\"*\"}")
#define NONE POLICY("{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}")
#define GRANT(constraint)                                                                          \
    "\"grants\":[{\"GranteePrincipal\":\"" ROLE_B "\",\"Operations\":[\"Decrypt\",\"DescribeKey\"],"    \
    "\"Constraints\":{" constraint "}}]"
#define KMS_DENY POLICY("{\"Effect\":\"Deny\",\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}")

static const struct {
    const char *what, *principal, *action, *rest, *verdict;
} cases[] = {
    {"identity policies that were not read may deny", ROLE_A, "kms:Decrypt",
     "\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
     "unknown"},
    {"a key policy that was not read", ROLE_A, "kms:Decrypt", "\"identityPolicies\":[" YES "]", "unknown"},
    {"a denial that is certain without the identity policies", ROLE_B, "kms:Decrypt",
     "\"keyPolicy\":" POLICY(ROOT_A), "implicitly_denied"},
    {"root needs no identity policy", "arn:aws:iam::111111111111:root", "kms:Decrypt",
     "\"keyPolicy\":" POLICY(ROOT_A), "allowed"},
    {"a role's session", "arn:aws:sts::111111111111:assumed-role/Backup/s", "kms:Decrypt",
     "\"identityPolicies\":[],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" ROLE_A
     "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "allowed"},
    {"the role's boundary narrows what the key policy gives the role", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[],\"permissionsBoundaries\":[" NONE "],\"keyPolicy\":"
     POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" ROLE_A
     "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "implicitly_denied"},
    {"a user's boundary does not", "arn:aws:iam::111111111111:user/u", "kms:Decrypt",
     "\"identityPolicies\":[],\"permissionsBoundaries\":[" NONE "],\"keyPolicy\":"
     POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111111111111:user/u\"},"
     "\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "allowed"},
    {"a boundary's denial is a denial", "arn:aws:iam::111111111111:user/u", "kms:Decrypt",
     "\"identityPolicies\":[],\"permissionsBoundaries\":[" KMS_DENY "],\"keyPolicy\":"
     POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111111111111:user/u\"},"
     "\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "explicitly_denied"},
    {"a session policy narrows", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"sessionPolicies\":[" NONE "],\"keyPolicy\":" POLICY(ROOT_A),
     "implicitly_denied"},
    {"each level of the organization must allow", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"serviceControlPolicies\":[[" YES "],[" NONE "," YES "]],"
     "\"keyPolicy\":" POLICY(ROOT_A), "allowed"},
    {"a level that does not", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"serviceControlPolicies\":[[" YES "],[" NONE "]],"
     "\"keyPolicy\":" POLICY(ROOT_A), "implicitly_denied"},
    {"a level that is empty allows nothing", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"serviceControlPolicies\":[[" YES "],[]],"
     "\"keyPolicy\":" POLICY(ROOT_A), "implicitly_denied"},
    {"the management account has no SCPs", ROLE_A, "kms:Decrypt",
     "\"ownerIsManagementAccount\":true,\"identityPolicies\":[" YES "],\"serviceControlPolicies\":[["
     NONE "]],\"keyPolicy\":" POLICY(ROOT_A), "allowed"},
    {"an RCP cannot stop RetireGrant", ROLE_A, "kms:RetireGrant",
     "\"identityPolicies\":[" YES "],\"resourceControlPolicies\":[[" POLICY("{\"Effect\":\"Deny\","
     "\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}") "]],\"keyPolicy\":" POLICY(ROOT_A),
     "allowed"},
    {"a Deny for another resource in a key policy", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A ",{\"Effect\":\"Deny\",\"Principal\":"
     "\"*\",\"Action\":\"kms:*\",\"Resource\":\"arn:aws:kms:eu-west-1:111111111111:key/other\"}"),
     "unknown"},
    {"an Allow for another resource in a key policy", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":"
     "\"*\",\"Action\":\"kms:*\",\"Resource\":\"arn:aws:kms:eu-west-1:111111111111:key/other\"}"),
     "implicitly_denied"},
    {"the key's own ARN is as good as *", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":"
     "\"*\",\"Action\":\"kms:*\",\"Resource\":\"" KEY "\"}"), "allowed"},
    {"a statement for one session of the role", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
     "\"arn:aws:sts::111111111111:assumed-role/Backup/night\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
     "unknown"},
    {"a policy variable", ROLE_A, "kms:Decrypt",
     "\"context\":{\"aws:PrincipalTag/key\":\"" KEY "\"},\"keyPolicy\":" POLICY(ROOT_A)
     ",\"identityPolicies\":[" POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":"
     "\"${aws:PrincipalTag/key}\"}") "]", "allowed"},
    {"a policy variable that the request lacks", ROLE_A, "kms:Decrypt",
     "\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[" POLICY("{\"Effect\":\"Allow\",\"Action\":"
     "\"kms:*\",\"Resource\":\"${aws:PrincipalTag/key}\"}") "]", "implicitly_denied"},
    {"a * that came out of a variable is a letter", ROLE_A, "kms:Decrypt",
     "\"context\":{\"aws:PrincipalTag/key\":\"*\"},\"keyPolicy\":" POLICY(ROOT_A)
     ",\"identityPolicies\":[" POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":"
     "\"${aws:PrincipalTag/key}\"}") "]", "implicitly_denied"},
    {"the old version of the language has no variables", ROLE_A, "kms:Decrypt",
     "\"context\":{\"aws:PrincipalTag/key\":\"" KEY "\"},\"keyPolicy\":" POLICY(ROOT_A)
     ",\"identityPolicies\":[{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":"
     "\"${aws:PrincipalTag/key}\"}]}]", "implicitly_denied"},
    {"a service's own statement", "logs.eu-west-1.amazonaws.com", "kms:Decrypt",
     "\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
     "\"logs.eu-west-1.amazonaws.com\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "allowed"},
    {"grants that were not read", ROLE_A, "kms:Decrypt",
     "\"grants\":null,\"identityPolicies\":[],\"keyPolicy\":" POLICY(ROOT_A), "unknown"},
    {"a key in a state that keyfall does not know", ROLE_A, "kms:Decrypt",
     "\"keyState\":\"Melting\",\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A), "unknown"},
    {"an operator that keyfall does not know", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A ",{\"Effect\":\"Deny\",\"Principal\":"
     "\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":{\"StringSounds\":{\"a:b\":\"c\"}}}"),
     "unknown"},
    {"a policy that cannot be read is not known", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":{\"Statement\":7}", "unknown"},
    {"NotResource is all but what it names", ROLE_A, "kms:Decrypt",
     "\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[" POLICY("{\"Effect\":\"Allow\",\"Action\":"
     "\"kms:*\",\"NotResource\":\"" KEY "\"}") "]", "implicitly_denied"},
    {"a key policy's statement that names nobody is for nobody", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\","
     "\"Resource\":\"*\"}"), "implicitly_denied"},
    {"a grant's context, letter by letter", ROLE_B, "kms:Decrypt",
     "\"context\":{\"EncryptionContext\":{\"vault\":\"one\"}},\"keyPolicy\":" POLICY(ROOT_A)
     ",\"identityPolicies\":[]," GRANT("\"EncryptionContextEquals\":{\"Vault\":\"one\"}"), "allowed"},
    {"a grant's context, not in other letters", ROLE_B, "kms:Decrypt",
     "\"context\":{\"EncryptionContext\":{\"vault\":\"One\"}},\"keyPolicy\":" POLICY(ROOT_A)
     ",\"identityPolicies\":[]," GRANT("\"EncryptionContextEquals\":{\"Vault\":\"one\"}"),
     "implicitly_denied"},
    {"a grant's context does not bind what has none", ROLE_B, "kms:DescribeKey",
     "\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[],"
     GRANT("\"EncryptionContextEquals\":{\"vault\":\"one\"}"), "allowed"},
    {"a grant for one source", ROLE_B, "kms:Decrypt",
     "\"context\":{\"aws:SourceArn\":\"arn:one\"},\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[],"
     GRANT("\"SourceArn\":\"arn:one\""), "allowed"},
    {"a grant for another source", ROLE_B, "kms:Decrypt",
     "\"context\":{\"aws:SourceArn\":\"arn:two\"},\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[],"
     GRANT("\"SourceArn\":\"arn:one\""), "implicitly_denied"},
    {"a region that is off is one of foreign callers alone", ROLE_A, "kms:Decrypt",
     "\"regionEnabledForCaller\":false,\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A),
     "allowed"},
    {"a foreign root user needs no policy of its own", "arn:aws:iam::222222222222:root", "kms:Decrypt",
     "\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"222222222222\"},\"Action\":"
     "\"kms:*\",\"Resource\":\"*\"}"), "allowed"},
    {"another service than the one that is named", "events.amazonaws.com", "kms:Decrypt",
     "\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
     "\"logs.eu-west-1.amazonaws.com\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "implicitly_denied"},
    {"a service is told to be one", "logs.eu-west-1.amazonaws.com", "kms:Decrypt",
     "\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
     "\"logs.eu-west-1.amazonaws.com\"},\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":{\"Bool\":"
     "{\"aws:PrincipalIsAWSService\":\"true\"}}}"), "allowed"},
    {"a session of a service-linked role is beyond SCPs",
     "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForBackup/s", "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"serviceControlPolicies\":[[" NONE "]],\"keyPolicy\":" POLICY(ROOT_A),
     "allowed"},
    {"NotPrincipal that lists the user, but not its account", USER_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A ",{\"Effect\":\"Deny\",\"NotPrincipal\":"
     "{\"AWS\":\"" USER_A "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "unknown"},
    {"NotPrincipal that lists the user and its account", USER_A, "kms:Decrypt",
     "\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A ",{\"Effect\":\"Deny\",\"NotPrincipal\":"
     "{\"AWS\":[\"" USER_A "\",\"111111111111\"]},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "allowed"},
    {"NotPrincipal with Allow is nothing to rely on", ROLE_A, "kms:Decrypt",
     "\"identityPolicies\":[],\"keyPolicy\":" POLICY("{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"" ROLE_B
     "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"), "unknown"},
    {"a variable that the request lacks is not empty", ROLE_A, "kms:Decrypt",
     "\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":[" POLICY("{\"Effect\":\"Allow\",\"Action\":"
     "\"kms:*\",\"Resource\":\"" KEY "${aws:PrincipalTag/key}\"}") "]", "implicitly_denied"},
    {"a variable that nobody knows", ROLE_A, "kms:Decrypt",
     "\"context\":{\"aws:PrincipalTag/key\":null},\"keyPolicy\":" POLICY(ROOT_A) ",\"identityPolicies\":["
     POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":\"${aws:PrincipalTag/key}\"}") "]",
     "unknown"},
    {"the names of the encryption context", ROLE_A, "kms:Decrypt",
     "\"context\":{\"EncryptionContext\":{\"vault\":\"one\"}},\"identityPolicies\":[],\"keyPolicy\":"
     POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":"
     "{\"ForAnyValue:StringEquals\":{\"kms:EncryptionContextKeys\":\"vault\"}}}"), "allowed"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        struct err err = {0};
        cJSON *answer;
        char *line = mem_printf("{\"id\":%zu,\"principal\":\"%s\",\"action\":\"%s\",\"resource\":\"" KEY "\",%s}",
                                i, cases[i].principal, cases[i].action, cases[i].rest);
        if (access_batch_line(line, strlen(line), &out, &err) != ERR_OK)
            fail_msg("%s: %s", cases[i].what, err.text);
        if (strcmp(verdict_in(out.data, &answer), cases[i].verdict) != 0)
            fail_msg("%s: wanted %s\n%s", cases[i].what, cases[i].verdict, out.data);
        bool is_open = cJSON_GetArraySize(cJSON_GetObjectItem(answer, "unknown_because")) > 0;
        assert_int_equal(is_open, strcmp(cases[i].verdict, "unknown") == 0);
        cJSON_Delete(answer);
        mem_free(line);
        buf_free(&out);
    }
}

/* ---- what is named as the reason: the source of each, in order ------------------------------------------- */

static const struct {
    const char *rest, *sources;
} deciders[] = {
    {"\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A), "keyPolicy identityPolicies"},
    {"\"identityPolicies\":[" KMS_DENY "," YES "],\"keyPolicy\":" POLICY(ROOT_A), "identityPolicies"},
    {"\"keyState\":\"Disabled\",\"identityPolicies\":[" YES "],\"keyPolicy\":" POLICY(ROOT_A), "keyState"},
    {"\"identityPolicies\":[" NONE "],\"keyPolicy\":" POLICY(ROOT_A), ""},
};

static void test_deciders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deciders / sizeof *deciders; i++) {
        struct buf out = {0}, seen = {0};
        struct err err = {0};
        cJSON *answer, *step;
        char *line = mem_printf("{\"id\":%zu,\"principal\":\"" ROLE_A "\",\"action\":\"kms:Decrypt\","
                                "\"resource\":\"" KEY "\",%s}", i, deciders[i].rest);
        assert_int_equal(access_batch_line(line, strlen(line), &out, &err), ERR_OK);
        (void)verdict_in(out.data, &answer);
        cJSON_ArrayForEach(step, cJSON_GetObjectItem(answer, "decided_by"))
            buf_printf(&seen, "%s%s", seen.len > 0 ? " " : "",
                       cJSON_GetObjectItem(step, "source")->valuestring);
        assert_string_equal(seen.data ? seen.data : "", deciders[i].sources);
        cJSON_Delete(answer);
        mem_free(line);
        buf_free(&out);
        buf_free(&seen);
    }
}

static void test_bad_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "", "{", "[]", "{\"id\":1}",
        "{\"id\":1,\"principal\":\"me\",\"action\":\"kms:Decrypt\",\"resource\":\"" KEY "\"}",
        "{\"id\":1,\"principal\":\"" ROLE_A "\",\"action\":\"Decrypt\",\"resource\":\"" KEY "\"}",
        "{\"id\":1,\"principal\":\"" ROLE_A "\",\"action\":\"kms:*\",\"resource\":\"" KEY "\"}",
        "{\"id\":1,\"principal\":\"arn:aws:iam::1:role/x\",\"action\":\"kms:Decrypt\",\"resource\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct buf out = {0};
        struct err err = {0};
        cJSON *answer;
        assert_int_not_equal(access_batch_line(lines[i], strlen(lines[i]), &out, &err), ERR_OK);
        assert_string_equal(verdict_in(out.data, &answer), "unknown");
        cJSON_Delete(answer);
        buf_free(&out);
    }
}

/* What is misspelt, of another type or there twice is refused by its place, and never left out of the answer. */
static void test_refused_members(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *refused; /* NULL: taken */
    } rows[] = {
        {"\"context\":1", "context must be a map"},
        {"\"grants\":[{\"x\":1}]", "grants[0].Operations is missing"},
        {"\"grants\":[{\"Operations\":[],\"x\":1}]", "grants[0].x is nothing that is known here"},
        {"\"grants\":[{\"Operations\":\"Decrypt\"}]", "grants[0].Operations must be a list"},
        {"\"grants\":[{\"Operations\":[\"Decrypt\",1]}]", "grants[0].Operations[1] must be text"},
        {"\"grants\":[{\"Operations\":[],\"Constraints\":{\"SourceARN\":\"x\"}}]",
         "grants[0].Constraints.SourceARN is nothing that is known here; did you mean SourceArn?"},
        {"\"grants\":[{\"Operations\":[],\"Constraints\":{\"EncryptionContextEquals\":{\"a\":1}}}]",
         "grants[0].Constraints.EncryptionContextEquals.a must be text"},
        {"\"grants\":{}", "grants must be a list or null"},
        {"\"grants\":[null]", "grants[0] must be a map"},
        {"\"grants\":null", NULL},
        {"\"serviceControlPolicys\":[[]]",
         "serviceControlPolicys is nothing that is known here; did you mean serviceControlPolicies?"},
        {"\"serviceControlPolicies\":[" YES "]", "serviceControlPolicies[0] must be a list or null"},
        {"\"resourceControlPolicies\":[[" YES ",1]]", "resourceControlPolicies[0][1] must be text or a map or null"},
        {"\"serviceControlPolicies\":[[" YES ",null],null]", NULL},
        {"\"identityPolicies\":" YES, "identityPolicies must be a list or null"},
        {"\"Context\":{}", "Context is nothing that is known here; did you mean context?"},
        {"\"ownerIsManagementAccount\":\"yes\"", "ownerIsManagementAccount must be true or false"},
        {"\"regionEnabledForCaller\":null", "regionEnabledForCaller must be true or false"},
        {"\"keyState\":1", "keyState must be text or null"},
        {"\"keyPolicy\":[]", "keyPolicy must be text or a map or null"},
        {"\"context\":{\"kms:ViaService\":\"a\",\"KMS:viaservice\":\"b\"}", "context.KMS:viaservice is there twice"},
        {"\"context\":{\"EncryptionContext\":{\"a\":\"1\",\"A\":\"2\"}}", "context.kms:EncryptionContext:A is there twice"},
        {"\"context\":{\"EncryptionContext\":[]}", "context.EncryptionContext must be a map or null"},
        {"\"context\":{\"aws:SourceIp\":{}}", "context.aws:SourceIp must be text"},
        {"\"context\":{\"kms:GrantOperations\":[[]]}", "context.kms:GrantOperations[0] must be text"},
        {"\"context\":{\"EncryptionContext\":null,\"aws:SourceIp\":null,\"x\":[\"a\",1,true,null]}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        struct err err = {0};
        cJSON *answer;
        char *line = mem_printf("{\"id\":1,\"principal\":\"" ROLE_A "\",\"action\":\"kms:Decrypt\",\"resource\":\"" KEY
                                "\",%s}", rows[i].rest);
        enum err_code code = access_batch_line(line, strlen(line), &out, &err);
        if ((code != ERR_OK) != (rows[i].refused != NULL) || (rows[i].refused && !strstr(err.text, rows[i].refused)))
            fail_msg("%s\n  says: %s", line, err.text);
        if (rows[i].refused)
            assert_string_equal(verdict_in(out.data, &answer), "unknown");
        else
            (void)verdict_in(out.data, &answer);
        cJSON_Delete(answer);
        mem_free(line);
        buf_free(&out);
    }
}

/* ---- conditions: operator, operands, the request's value ------------------------------------------------ */

static const struct {
    const char *operator, *operand, *value; /* value NULL: the key is absent; "?": not known */
    enum tri holds;
} conditions[] = {
    {"StringEquals", "a", "a", TRI_YES},
    {"StringEquals", "a", "A", TRI_NO},
    {"StringEquals", "a*", "ab", TRI_NO},
    {"StringEquals", "a", NULL, TRI_NO},
    {"StringEquals", "a", "?", TRI_UNKNOWN},
    {"StringEqualsIfExists", "a", NULL, TRI_YES},
    {"StringEqualsIfExists", "a", "b", TRI_NO},
    {"StringNotEquals", "a", NULL, TRI_YES},
    {"StringNotEquals", "a", "a", TRI_NO},
    {"StringEqualsIgnoreCase", "aB", "Ab", TRI_YES},
    {"StringNotEqualsIgnoreCase", "aB", "Ab", TRI_NO},
    {"StringLike", "a*c?", "abbc\xc3\xa9", TRI_YES},
    {"StringLike", "a*c?", "abbc", TRI_NO},
    {"StringLike", "${*}", "x", TRI_NO},
    {"StringLike", "${*}", "*", TRI_YES},
    {"StringLike", "*", NULL, TRI_NO},
    {"StringNotLike", "a*", "abc", TRI_NO},
    {"NumericEquals", "10", "10.0", TRI_YES},
    {"NumericNotEquals", "10", NULL, TRI_YES},
    {"NumericLessThan", "10", "9", TRI_YES},
    {"NumericLessThan", "10", "10", TRI_NO},
    {"NumericLessThanEquals", "10", "10", TRI_YES},
    {"NumericGreaterThan", "10", "11", TRI_YES},
    {"NumericGreaterThanEquals", "10", "9", TRI_NO},
    {"NumericGreaterThan", "10", "many", TRI_UNKNOWN},
    {"DateLessThan", "2026-08-29T00:00:00Z", "2026-08-28T23:59:59Z", TRI_YES},
    {"DateLessThan", "2026-08-29", "2026-08-29T00:00:00Z", TRI_NO},
    {"DateGreaterThan", "0", "2026-08-29T00:00:00Z", TRI_YES},
    {"DateEquals", "2026-08-29T02:00:00+02:00", "2026-08-29T00:00:00Z", TRI_YES},
    {"Bool", "true", "True", TRI_YES},
    {"Bool", "false", "true", TRI_NO},
    {"Bool", "false", NULL, TRI_NO},
    {"BinaryEquals", "QmFzZQ==", "QmFzZQ==", TRI_YES},
    {"IpAddress", "203.0.113.0/24", "203.0.113.9", TRI_YES},
    {"IpAddress", "203.0.113.0/25", "203.0.113.200", TRI_NO},
    {"IpAddress", "203.0.113.7", "203.0.113.7", TRI_YES},
    {"IpAddress", "0.0.0.0/0", "203.0.113.7", TRI_YES},
    {"IpAddress", "2001:db8::/33", "2001:db8:7fff::1", TRI_YES},
    {"IpAddress", "2001:db8::/33", "2001:db8:8000::1", TRI_NO},
    {"IpAddress", "10.0.0.0/33", "10.0.0.1", TRI_UNKNOWN},
    {"NotIpAddress", "203.0.113.0/24", "203.0.113.9", TRI_NO},
    {"NotIpAddress", "203.0.113.0/24", NULL, TRI_YES},
    {"ArnLike", "arn:aws:iam::*:role/a*", "arn:aws:iam::111111111111:role/a/b:c", TRI_YES},
    {"ArnEquals", "arn:aws:iam::*:role/a", "arn:aws:iam::111111111111:role/a", TRI_YES},
    {"ArnLike", "arn:aws:*:role/a", "arn:aws:iam::111111111111:role/a", TRI_NO},
    {"ArnNotLike", "arn:aws:iam::1*:role/a", "arn:aws:iam::111111111111:role/a", TRI_NO},
    {"ArnNotEquals", "arn:aws:iam::1:role/a", NULL, TRI_YES},
    {"Null", "true", NULL, TRI_YES},
    {"Null", "true", "a", TRI_NO},
    {"Null", "false", "a", TRI_YES},
    {"Null", "false", NULL, TRI_NO},
    {"Null", "true", "?", TRI_UNKNOWN},
    {"ForAnyValue:StringEquals", "a", NULL, TRI_NO},
    {"ForAllValues:StringEquals", "a", NULL, TRI_YES},
    {"ForAnyValue:StringEqualsIfExists", "a", NULL, TRI_YES},
    {"ForAllValues:StringEquals", "a", "a|a", TRI_YES},
    {"ForAllValues:StringEquals", "a", "a|b", TRI_NO},
    {"ForAnyValue:StringEquals", "a", "a|b", TRI_YES},
    {"ForAnyValue:StringNotEquals", "a", "a|b", TRI_YES},
    {"ForAllValues:StringNotEquals", "a", "a|b", TRI_NO},
    {"StringEquals", "a", "a|a", TRI_YES},
    {"StringEquals", "a", "a|b", TRI_UNKNOWN},
};

static void add_value(struct request *request, const char *value)
{
    const char *values[2];
    char *copy = arena_strdup(request->arena, value);
    char *second = strchr(copy, '|');
    values[0] = copy;
    values[1] = second ? second + 1 : "";
    if (second)
        *second = '\0';
    request_add(request, "x:key", values, second ? 2 : 1);
}

static void test_conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct arena *arena = arena_new();
        struct request request;
        struct err err = {0};
        const char *operand = conditions[i].operand, *value = conditions[i].value, *hangs_on;
        struct policy_condition c = {.written = conditions[i].operator, .key = "X:Key",
                                     .values = {&operand, 1}};
        assert_int_equal(request_init(&request, arena, ROLE_A, "kms:Decrypt", KEY, &err), ERR_OK);
        if (value && strcmp(value, "?") == 0)
            request_add_unknown(&request, "x:key");
        else if (value)
            add_value(&request, value);
        condition_read_operator(&c);
        enum tri holds = condition_holds(arena, &c, true, &request, &hangs_on);
        if (holds != conditions[i].holds || (holds == TRI_UNKNOWN) != (hangs_on != NULL))
            fail_msg("%s %s, value %s: %d, hangs on %s", conditions[i].operator, operand,
                     value ? value : "(absent)", holds, hangs_on ? hangs_on : "nothing");
        request_free(&request);
        arena_free(arena);
    }
}

static void test_operations(void **state)
{
    (void)state;
    assert_int_equal(operation_works("kms:Decrypt", "Enabled"), TRI_YES);
    assert_int_equal(operation_works("KMS:decrypt", "PendingDeletion"), TRI_NO);
    assert_int_equal(operation_works("kms:CancelKeyDeletion", "PendingDeletion"), TRI_YES);
    assert_int_equal(operation_works("kms:CreateGrant", "Unavailable"), TRI_YES);
    assert_int_equal(operation_works("kms:Unheard", "Disabled"), TRI_UNKNOWN);
    assert_int_equal(operation_works("kms:Decrypt", "Melting"), TRI_UNKNOWN);
    assert_int_equal(operation_works("backup:StartCopyJob", "Disabled"), TRI_YES);
    assert_true(operation_crosses_accounts("kms:Decrypt"));
    assert_false(operation_crosses_accounts("kms:DisableKey"));
    assert_false(operation_crosses_accounts("kms:Unheard"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_members), cmocka_unit_test(test_vectors),    cmocka_unit_test(test_cases),
        cmocka_unit_test(test_bad_lines),  cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_deciders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
