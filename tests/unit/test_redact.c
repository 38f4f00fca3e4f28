/* What becomes of names: other ones that hang together alike, and of AWS's words nothing. */
#include "backend/redact/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void redact_function(const struct rename *r, const char *text, size_t len, struct buf *out);

static struct rename names;

static char *made_by(redact_function *how, const char *text)
{
    struct buf out = {0};
    buf_adds(&out, "");
    how(&names, text, strlen(text), &out);
    return buf_take(&out);
}

static bool is_of(char c, char first, char last)
{
    return c >= first && c <= last;
}

static bool is_renamed(char c, char to)
{
    bool is_alike = is_of(c, '0', '9') ? is_of(to, '0', '9')
                    : is_of(c, 'a', 'f') ? is_of(to, 'a', 'f')
                    : is_of(c, 'g', 'z') ? is_of(to, 'g', 'z')
                    : is_of(c, 'A', 'F') ? is_of(to, 'A', 'F')
                                         : is_of(c, 'G', 'Z') && is_of(to, 'G', 'Z');
    return is_alike && c != to;
}

/* mask: the text with ~ for each character that must have become another one of its sort. */
static void check_mask(redact_function *how, const char *text, const char *mask)
{
    char *made = made_by(how, text);
    bool is_good = strlen(mask) == strlen(text) && strlen(made) == strlen(text);
    for (size_t i = 0; is_good && text[i]; i++)
        is_good = mask[i] == '~' ? is_renamed(text[i], made[i]) : made[i] == mask[i];
    if (!is_good)
        fail_msg("%s became %s, not %s", text, made, mask);
    mem_free(made);
}

static void test_texts(void **state)
{
    static const char *const cases[][2] = {
        {"orders", "~~~~~~"},
        {"prod-db_01.Main", "~~~~-~~_~~.~~~~"},
        {"111122223333", "~~~~~~~~~~~~"},
        {"arn:aws:iam::aws:policy/service-role/AWSBackupX", "arn:aws:iam::aws:policy/service-role/AWSBackupX"},
        {"arn:aws:iam::aws:of-111122223333/y", "arn:aws:iam::aws:~~-~~~~~~~~~~~~/~"}, /* nothing of AWS's is called so */
        {"arn:aws:kms:eu-west-1:111122223333:key/1a2b", "arn:aws:kms:eu-west-1:~~~~~~~~~~~~:key/~~~~"},
        {"arn:aws:kms:eu-west-1:111122223333:key/mrk-1a2b", "arn:aws:kms:eu-west-1:~~~~~~~~~~~~:key/mrk-~~~~"},
        {"arn:aws-cn:kms:*:*:key/*", "arn:aws-cn:kms:*:*:key/*"},
        {"arn:aws:iam::111122223333:root", "arn:aws:iam::~~~~~~~~~~~~:root"},
        {"arn:aws:iam::111122223333:role/root/Ops", "arn:aws:iam::~~~~~~~~~~~~:role/root/~~~"},
        {"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"arn:aws:iam::111122223333:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
         "arn:aws:iam::~~~~~~~~~~~~:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"},
        {"arn:aws:s3:::acme-eu-west-1/role/x", "arn:aws:s3:::~~~~-~~-~~~~-~/~~~~/~"},
        {"arn:aws:s3:::kms", "arn:aws:s3:::~~~"},
        {"arn:acme:kms:acme:acme:acme/acme", "arn:~~~~:kms:~~~~:~~~~:~~~~/~~~~"},
        {"arn:aws:acme:eu-west-1:111122223333:key/a", "arn:aws:~~~~:eu-west-1:~~~~~~~~~~~~:~~~/~"},
        {"arn:aws:kms:eu-acme-1:111122223333:alias/aws/ebs", "arn:aws:kms:~~-~~~~-~:~~~~~~~~~~~~:alias/aws/ebs"},
        {"alias/aws/ebs", "alias/aws/ebs"},
        {"alias/aws/acme", "alias/~~~/~~~~"},
        {"alias/awsebs", "alias/~~~~~~"},
        {"kms.eu-west-1.amazonaws.com", "kms.eu-west-1.amazonaws.com"},
        {"acme.s3.amazonaws.com", "~~~~.~~.~~~~~~~~~.~~~"},
        {"us-east-1", "us-east-1"},
        {"us-east-1 arn:aws:kms:us-east-1:111122223333:key/1", "us-east-1 arn:aws:kms:us-east-1:~~~~~~~~~~~~:key/~"},
        {"us-acme-1", "~~-~~~~-~"},
        {"Default", "Default"},
        {"Defaults", "~~~~~~~~"},
        {"Druva-ClientCredential-acme", "Druva-ClientCredential-~~~~"},
        {"/Druva-ClientCredential-acme", "/Druva-ClientCredential-~~~~"},
        {"AWSReserved*", "AWSReserved*"},
        {"AWSReservedSSO_Acme_1f", "AWSReservedSSO_~~~~_~~"},
        {"Owner", "Owner"},
        {"keyfall:ekm/entra-id", "keyfall:ekm/entra-id"},
        {"keyfall:autobackup/acme/eu-west-1", "keyfall:autobackup/~~~~/eu-west-1"},
        {"keyfall:acme/acme", "~~~~~~~:~~~~/~~~~"},
        {"keyfall:grant/arn:aws:kms:eu-west-1:111122223333:key/1a/2b",
         "keyfall:grant/arn:aws:kms:eu-west-1:~~~~~~~~~~~~:key/~~/~~"},
        {"${aws:PrincipalTag/team}", "${aws:PrincipalTag/~~~~}"},
        {"o-acme1234", "o-~~~~~~~~"},
        {"\x01\x1b[31m", "\x01\x1b[~~~"},
        {"arn:", "~~~:"},
        {"arn:aws:kms", "~~~:~~~:~~~"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_mask(redact_text, cases[i][0], cases[i][1]);
}

static void test_words(void **state)
{
    (void)state;
    check_mask(redact_word, "PendingDeletion", "PendingDeletion");
    check_mask(redact_word, "cron(0 5 ? * * *)", "cron(0 5 ? * * *)");
    check_mask(redact_word, "for 111122223333", "~~~ ~~~~~~~~~~~~");
    check_mask(redact_word, "arn:aws:iam::111122223333:role/x", "arn:aws:iam::~~~~~~~~~~~~:role/~");
}

/* Documents keep their shape, their byte count and all that AWS defines. */
static void test_documents(void **state)
{
    static const char *const cases[][2] = {
        {"{\"Version\":\"2012-10-17\", \"Id\":\"acme\"}", "{\"Version\":\"2012-10-17\", \"Id\":\"~~~~\"}"},
        {"{\"Statement\":[{\"Sid\":\"Allow\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"111122223333\",\"*\"]},"
         "\"Action\":[\"kms:Decrypt\",\"KMS:*\",\"*\",\"acme:Do\"]}]}",
         "{\"Statement\":[{\"Sid\":\"~~~~~\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"~~~~~~~~~~~~\",\"*\"]},"
         "\"Action\":[\"kms:Decrypt\",\"KMS:*\",\"*\",\"~~~~:~~\"]}]}"},
        {"{\"Statement\":{\"Principal\":{\"Service\":\"backup.amazonaws.com\",\"Federated\":\"idp.acme.com\"}}}",
         "{\"Statement\":{\"Principal\":{\"Service\":\"backup.amazonaws.com\",\"Federated\":\"~~~.~~~~.~~~\"}}}"},
        {"{\"Condition\":{\"StringEquals\":{\"kms:ViaService\":\"ec2.eu-west-1.amazonaws.com\"}}}",
         "{\"Condition\":{\"StringEquals\":{\"kms:ViaService\":\"ec2.eu-west-1.amazonaws.com\"}}}"},
        {"{\"Condition\":{\"ForAnyValue:StringLike\":{\"aws:PrincipalTag/team\":[\"acme*\"]}}}",
         "{\"Condition\":{\"ForAnyValue:StringLike\":{\"aws:PrincipalTag/~~~~\":[\"~~~~*\"]}}}"},
        {"{\"Condition\":{\"StringEquals\":{\"kms:EncryptionContext:acme\":\"Decrypt\"}}}",
         "{\"Condition\":{\"StringEquals\":{\"kms:EncryptionContext:~~~~\":\"~~~~~~~\"}}}"},
        {"{\"Condition\":{\"ForAllValues:StringEquals\":{\"kms:GrantOperations\":[\"Decrypt\"]}}}",
         "{\"Condition\":{\"ForAllValues:StringEquals\":{\"kms:GrantOperations\":[\"Decrypt\"]}}}"},
        {"{\"Condition\":{\"NumericLessThan\":{\"kms:ScheduleKeyDeletionPendingWindowInDays\":\"30\"},"
         "\"Bool\":{\"aws:SecureTransport\":\"false\"},\"StringEquals\":{\"acme:x\":\"30\"}}}",
         "{\"Condition\":{\"NumericLessThan\":{\"kms:ScheduleKeyDeletionPendingWindowInDays\":\"30\"},"
         "\"Bool\":{\"aws:SecureTransport\":\"false\"},\"StringEquals\":{\"~~~~:~\":\"~~\"}}}"},
        {"{\"Condition\":{\"AcmeEquals\":{\"aws:userid\":\"x\"}}}", "{\"Condition\":{\"~~~~~~~~~~\":{\"aws:userid\":\"~\"}}}"},
        {"{\"acme\":{\"acme\":[true,null,5,111122223333,acme]}}", "{\"~~~~\":{\"~~~~\":[true,null,5,~~~~~~~~~~~~,~~~~]}}"},
        {"{\"source\":[\"aws.kms\"],\"detail\":{\"eventName\":[\"DisableKey\",\"acme\"]}}",
         "{\"source\":[\"aws.kms\"],\"detail\":{\"eventName\":[\"DisableKey\",\"~~~~\"]}}"},
        {"no json at all, acme", "~~ ~~~~ ~~ ~~~, ~~~~"},
        {"{\"acme", "{\"\""},
    };
    (void)state;
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++)
        check_mask(redact_document, cases[i][0], cases[i][1]);
    char *made = made_by(redact_document, cases[sizeof cases / sizeof *cases - 1][0]);
    assert_string_equal(made, cases[sizeof cases / sizeof *cases - 1][1]);
    mem_free(made);
}

/* An address stays one. */
static void test_networks(void **state)
{
    unsigned was[4] = {10, 0, 255, 1}, is[4];
    int size = 0;
    (void)state;
    char *made = made_by(redact_document, "{\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.255.1/24\"}}}");
    assert_int_equal(sscanf(made, "{\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"%u.%u.%u.%u/%d\"}}}", &is[0], &is[1],
                            &is[2], &is[3], &size), 5);
    assert_int_equal(size, 24);
    for (int i = 0; i < 4; i++)
        assert_true(is[i] < 256 && is[i] != was[i]);
    mem_free(made);
}

/* Escapes are read and written again; what is beyond ASCII leaves nothing. */
static void test_escapes(void **state)
{
    (void)state;
    char *made = made_by(redact_document, "{\"Sid\":\"a\\\"b\\u00e9\"}");
    assert_int_equal(strlen(made), strlen("{\"Sid\":\"a\\\"bxxxx\"}"));
    assert_memory_equal(made, "{\"Sid\":\"", 8);
    assert_memory_equal(made + 9, "\\\"", 2);
    mem_free(made);
    made = made_by(redact_text, "\xe9\x8d\xb5\xff");
    assert_int_equal(strlen(made), 8);
    for (const char *c = made; *c; c++)
        assert_true(is_of(*c, 'g', 'z'));
    mem_free(made);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All words of three letters: none twice, none as it was; beginnings and cases alike. */
static void test_words_stay_apart(void **state)
{
    enum { N = 36 };
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    static char *made[N * N * N];
    (void)state;
    for (int i = 0; i < N * N * N; i++) {
        char word[4] = {letters[i / N / N], letters[i / N % N], letters[i % N], '\0'};
        made[i] = made_by(redact_text, word);
        check_mask(redact_text, word, "~~~");
        assert_memory_equal(made[i], made[i / N * N], 2);
    }
    qsort(made, N * N * N, sizeof *made, by_text);
    for (int i = 1; i < N * N * N; i++)
        assert_string_not_equal(made[i - 1], made[i]);
    for (int i = 0; i < N * N * N; i++)
        mem_free(made[i]);
    char *lower = made_by(redact_text, "costcenter"), *upper = made_by(redact_text, "COSTCENTER");
    for (size_t i = 0; lower[i]; i++)
        assert_int_equal(lower[i] - 'a', upper[i] - 'A');
    mem_free(lower);
    mem_free(upper);
}

/* What ends alike still does, at a hump and behind a dash. */
static void test_endings(void **state)
{
    static const char *const pairs[][2] = {{"BackupAdmin", "*Admin"}, {"backup-admin", "*-admin"}, {"a/b/Admin", "*/Admin"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *name = made_by(redact_text, pairs[i][0]), *pattern = made_by(redact_text, pairs[i][1]);
        assert_string_equal(name + strlen(name) - strlen(pattern) + 1, pattern + 1);
        mem_free(name);
        mem_free(pattern);
    }
}

static void test_secrets_differ(void **state)
{
    struct rename other;
    struct err err;
    struct buf one = {0}, two = {0};
    (void)state;
    assert_int_equal(rename_secret(&other, &err), ERR_OK);
    redact_text(&names, "a name that is long enough", 26, &one);
    redact_text(&other, "a name that is long enough", 26, &two);
    assert_int_equal(one.len, two.len);
    assert_true(memcmp(one.data, two.data, one.len) != 0);
    buf_free(&one);
    buf_free(&two);
}

static int open_names(void **state)
{
    struct err err;
    (void)state;
    model_init();
    return rename_secret(&names, &err) == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),       cmocka_unit_test(test_words),
        cmocka_unit_test(test_documents),   cmocka_unit_test(test_networks),
        cmocka_unit_test(test_escapes),     cmocka_unit_test(test_words_stay_apart),
        cmocka_unit_test(test_endings),     cmocka_unit_test(test_secrets_differ),
    };
    return cmocka_run_group_tests(tests, open_names, NULL);
}
