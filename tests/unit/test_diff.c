/* Two postures compared: gone and not seen are two things, new and seen now too; findings open, close and worsen;
 * blind spots come and go; a CSV does for the earlier side. */
#include "backend/view/diff.h"

#include "small_estate.h"

struct told {
    struct buf lines; /* "kind view id column was is\n", sorted by nothing */
};

static void tell(void *ctx, const struct diff_change *c)
{
    struct told *t = ctx;
    const char *slash = strrchr(c->id, '/');
    buf_printf(&t->lines, "%s %s%s%s %s %s=%s>%s\n", diff_word(c->kind), c->view->name, c->rule[0] ? ":" : "", c->rule,
               slash ? slash + 1 : c->id, c->column, c->was, c->is);
}

static struct view_context context_of(const struct small *s)
{
    return (struct view_context){.generation = s->g, .judgement = s->j, .scratch = arena_new(), .now_utc = NOW};
}

static char *compare(const char *was_lines, const char *is_lines)
{
    struct small was = small_new(was_lines), is = small_new(is_lines);
    struct view_context a = context_of(&was), b = context_of(&is);
    struct diff_side old = {.context = &a}, new = {.context = &b};
    struct told told = {{0}};
    buf_adds(&told.lines, "");
    diff_compare(&old, &new, tell, &told);
    arena_free(a.scratch);
    arena_free(b.scratch);
    small_free(&was);
    small_free(&is);
    return buf_take(&told.lines);
}

#define PLACE "at 111122223333 eu-west-1\n"
#define A_KEY "key $Ka key_id=a state=Enabled manager=CUSTOMER origin=AWS_KMS rotation=true policy={}\n"
#define OFF_KEY "key $Ka key_id=a state=Disabled manager=CUSTOMER origin=AWS_KMS rotation=true policy={}\n"
#define B_KEY "key $Kb key_id=b state=Enabled manager=CUSTOMER origin=AWS_KMS rotation=true policy={}\n"
#define A_VAULT "vault $Vv name=v key_arn=$Ka locked=true access_policy={}\n"

static const struct {
    const char *was, *is;
    const char *said[4], *not_said[4]; /* NULL-ended */
} cases[] = {
    {PLACE A_KEY B_KEY, PLACE A_KEY B_KEY, {NULL}, {"\n", NULL}},
    {PLACE A_KEY B_KEY, PLACE A_KEY, {"gone keys b =>\n", NULL}, {"not-seen", "appeared", NULL}},
    {PLACE A_KEY B_KEY, PLACE "hide keys denied\n", {"not-seen keys a =>\n", "not-seen keys b =>\n", "blind blind-spots", NULL},
     {"gone keys", NULL}},
    {PLACE A_KEY, PLACE A_KEY B_KEY, {"appeared keys b =>\n", NULL}, {"seen-now", "gone", NULL}},
    {PLACE "hide keys denied\n", PLACE A_KEY, {"seen-now keys a =>\n", "sighted blind-spots", NULL}, {"appeared keys", NULL}},
    {PLACE A_KEY A_VAULT, PLACE OFF_KEY A_VAULT,
     {"changed keys a state=Enabled>Disabled\n", "changed vaults arn:aws:backup:eu-west-1:111122223333:backup-vault:v key_state=Enabled>Disabled\n",
      "opened findings:F-", NULL}, {"closed", NULL}},
    {PLACE OFF_KEY A_VAULT, PLACE A_KEY A_VAULT, {"closed findings:F-", NULL}, {"opened", NULL}},
    {PLACE OFF_KEY A_VAULT, PLACE "hide keys denied\n" A_VAULT, {"not-seen findings:F-", NULL}, {"closed findings:F-KEY", NULL}},
    {"at 111122223333 eu-west-1\n" A_KEY "at 111122223333 us-east-1\n" B_KEY, PLACE A_KEY, {"not-seen keys b =>\n", NULL},
     {"gone keys", NULL}},
};

static void test_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said = compare(cases[i].was, cases[i].is);
        for (size_t k = 0; cases[i].said[k]; k++)
            if (!strstr(said, cases[i].said[k]))
                fail_msg("case %zu: \"%s\" is not in:\n%s", i, cases[i].said[k], said);
        for (size_t k = 0; cases[i].not_said[k]; k++)
            if (strstr(said, cases[i].not_said[k]))
                fail_msg("case %zu: \"%s\" is in:\n%s", i, cases[i].not_said[k], said);
        mem_free(said);
    }
}

/* The CSV of a view, as a spreadsheet may have saved it: other columns left out, a mark before the first name. */
static void test_a_csv(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\xef\xbb\xbfid,account,region,state\r\n"
        "arn:aws:kms:eu-west-1:111122223333:key/a,111122223333,eu-west-1,PendingImport\r\n"
        "arn:aws:kms:eu-west-1:111122223333:key/x,111122223333,eu-west-1,Enabled\r\n"
        "arn:aws:kms:us-east-1:111122223333:key/y,111122223333,us-east-1,Enabled\r\n",
    };
    struct small s = small_new(PLACE A_KEY B_KEY);
    struct view_context c = context_of(&s);
    struct csv_table table;
    struct err err = {0};
    FILE *in = fmemopen((void *)texts[0], strlen(texts[0]), "r");
    assert_int_equal(csv_read(in, &table, &err), ERR_OK);
    (void)fclose(in);
    assert_int_equal(table.n_rows, 3);
    struct diff_side old = {.view = view_by_name("keys"), .table = &table}, new = {.context = &c};
    struct told told = {{0}};
    diff_compare(&old, &new, tell, &told);
    assert_string_equal(told.lines.data, "changed keys a state=PendingImport>Enabled\n"
                                         "seen-now keys b =>\n"
                                         "gone keys x =>\n"
                                         "not-seen keys y =>\n");
    buf_free(&told.lines);
    csv_table_free(&table);
    arena_free(c.scratch);
    small_free(&s);
}

static void test_bad_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {{"", 0}, {"a,b\r\n1\r\n", 8}, {"a,b\r\n1,\"2", 9}, {"a,b\r\n1,2\"3\r\n", 12}, {"a,b\r\n1,\0x\r\n", 11}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct csv_table table;
        struct err err = {0};
        FILE *in = tmpfile();
        assert_int_equal(fwrite(bad[i].text, 1, bad[i].len, in), bad[i].len);
        rewind(in);
        if (csv_read(in, &table, &err) != ERR_PARSE)
            fail_msg("read: %s", bad[i].text);
        assert_true(err.text[0] != '\0');
        csv_table_free(&table);
        (void)fclose(in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_a_csv),
        cmocka_unit_test(test_bad_csv),
    };
    model_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
