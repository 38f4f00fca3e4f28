/* Exports, byte by byte: a small estate with hostile names, unknown and absent cells, as CSV and JSON; and the
 * file they go to, which must appear whole or not at all. */
#include "backend/export/export.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cJSON.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT "111122223333"
#define REGION "eu-west-1"
#define KEY_A "arn:aws:kms:eu-west-1:111122223333:key/aaaa"
#define KEY_B "arn:aws:kms:eu-west-1:111122223333:key/bbbb"
#define PARAMETER "arn:aws:ssm:eu-west-1:111122223333:parameter"
#define NOW INT64_C(1787493720) /* 2026-08-23T14:02:00Z */

/* ---- an estate ---------------------------------------------------------------------------------------- */

struct fixture {
    struct estate *e;
    const struct generation *g;
    struct judgement *j;
    struct arena *scratch;
    char *text; /* what was written last */
    size_t len;
};

static uint32_t node(struct estate *e, enum kind kind, const char *arn)
{
    return estate_node(e, kind, arn, strlen(arn));
}

static uint32_t slot(struct estate *e, enum list list)
{
    return estate_slot(e, estate_scope(e, ACCOUNT, REGION), list, 0);
}

static void text(struct estate *e, uint32_t *row, enum attr attr, const char *s)
{
    row_text(e, row, attr, s, strlen(s));
}

static void add_keys(struct estate *e)
{
    struct draft *d = draft_new(e, slot(e, LIST_KEYS));
    text(e, draft_row(d, node(e, KIND_KEY, KEY_A)), ATTR_KEY_KEY_ID, "aaaa");
    text(e, draft_row(d, node(e, KIND_KEY, KEY_B)), ATTR_KEY_KEY_ID, "bbbb");
    estate_complete(d, NOW - 60);
    uint32_t key = node(e, KIND_KEY, KEY_A);
    uint32_t *row = estate_edit(e, estate_home(e, key), key, FACET_KEY_METADATA);
    text(e, row, ATTR_KEY_STATE, "PendingDeletion");
    row_number(row, ATTR_KEY_DELETION_DATE, NOW + 86400);
    row_number(row, ATTR_KEY_MULTI_REGION, 0);
    estate_set_facet(e, estate_home(e, key), key, FACET_KEY_METADATA, TRUTH_KNOWN, 0, NOW - 50);
    struct err denied = {.code = ERR_DENIED, .aws_code = "AccessDeniedException", .text = "no \"you\" may not"};
    key = node(e, KIND_KEY, KEY_B);
    estate_set_facet(e, estate_home(e, key), key, FACET_KEY_METADATA, TRUTH_DENIED,
                     estate_failure(e, "kms:DescribeKey", &denied), NOW - 50);
}

static void add_aliases(struct estate *e)
{
    static const char *const names[] = {"alias/b;c", "alias/a\"x\""};
    struct draft *d = draft_new(e, slot(e, LIST_ALIASES));
    for (size_t i = 0; i < 2; i++) {
        char *arn = mem_printf("arn:aws:kms:" REGION ":" ACCOUNT ":%s", names[i]);
        uint32_t *row = draft_row(d, node(e, KIND_ALIAS, arn));
        text(e, row, ATTR_ALIAS_NAME, names[i]);
        row_ref(e, row, ATTR_ALIAS_KEY, KEY_A, strlen(KEY_A));
        mem_free(arn);
    }
    estate_complete(d, NOW - 60);
}

/* In an order other than that of their ids. */
static void add_parameters(struct estate *e)
{
    static const struct {
        const char *arn, *name, *type;
        size_t name_len;
    } rows[] = {
        {PARAMETER "/z", "=1+1", "String", 4},
        {PARAMETER "/a", "a,\"b\"\r\nc", "SecureString", 8},
        {PARAMETER "/m", "esc\x1b[31m\xff\xe2\x80\xae!", "String", 13},
    };
    struct draft *d = draft_new(e, slot(e, LIST_PARAMETERS));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t *row = draft_row(d, node(e, KIND_PARAMETER, rows[i].arn));
        row_text(e, row, ATTR_PARAMETER_NAME, rows[i].name, rows[i].name_len);
        text(e, row, ATTR_PARAMETER_TYPE, rows[i].type);
    }
    estate_complete(d, NOW - 60);
}

static int set_up(void **state)
{
    struct fixture *f = mem_alloc(sizeof *f);
    f->e = estate_new();
    add_keys(f->e);
    add_aliases(f->e);
    add_parameters(f->e);
    estate_publish(f->e);
    f->g = estate_acquire(f->e);
    f->j = judge(f->g, NOW);
    f->scratch = arena_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->text);
    arena_free(f->scratch);
    judgement_free(f->j);
    generation_release(f->g);
    estate_free(f->e);
    mem_free(f);
    return 0;
}

static struct view_context context(const struct fixture *f)
{
    return (struct view_context){.generation = f->g, .judgement = f->j, .scratch = f->scratch, .now_utc = NOW};
}

static enum err_code write_to(struct fixture *f, enum export_format format, const char *view_name,
                              const char *columns, const char *filter, FILE *out, struct err *err)
{
    const struct view *view = view_by_name(view_name);
    struct view_context c = context(f);
    struct selection rows = {0};
    struct filter *parsed = NULL;
    int *list = NULL;
    size_t n = 0;
    assert_non_null(view);
    if (columns)
        assert_int_equal(export_columns(view, columns, &list, &n, err), ERR_OK);
    if (filter)
        assert_int_equal(filter_parse(view, filter, &parsed, err), ERR_OK);
    assert_int_equal(view_select(&c, view, parsed, (struct sort_key){.column = -1}, 0, NULL, &rows), ERR_OK);
    struct export_scope scope = {.source = "demo", .regions = (const char *const[]){REGION, NULL}};
    struct export_request request = {.view = view, .columns = list, .n_columns = n, .filter = filter,
                                     .tool = "keyfall test", .scope = &scope};
    enum err_code code = export_rows(format, &request, &c, &rows, out, err);
    selection_free(&rows);
    filter_free(parsed);
    mem_free(list);
    return code;
}

static const char *write_text(struct fixture *f, enum export_format format, const char *view,
                              const char *columns, const char *filter)
{
    struct err err = {0};
    free(f->text);
    FILE *out = open_memstream(&f->text, &f->len);
    assert_non_null(out);
    assert_int_equal(write_to(f, format, view, columns, filter, out, &err), ERR_OK);
    fclose(out);
    return f->text;
}

/* ---- what is written ---------------------------------------------------------------------------------- */

static void test_csv(void **state)
{
    struct fixture *f = *state;
    /* one key may not be described, of neither was the rotation asked */
    assert_string_equal(
        write_text(f, EXPORT_CSV, "keys", "id,region,aliases,state,multi_region,deletion_date,rotation", NULL),
        "id,region,aliases,state,multi_region,deletion_date,rotation\r\n"
        "\"" KEY_A "\",\"eu-west-1\",\"alias/a\"\"x\"\";alias/b;c\",\"PendingDeletion\",false,"
        "2026-08-24T14:02:00Z,?\r\n"
        "\"" KEY_B "\",\"eu-west-1\",,?,?,?,?\r\n");
}

static void test_csv_is_guarded_and_ordered(void **state)
{
    assert_string_equal(write_text(*state, EXPORT_CSV, "parameters", "name,type,tier,id", NULL),
                        "name,type,tier,id\r\n"
                        "\"a,\"\"b\"\"\r\nc\",\"SecureString\",,\"" PARAMETER "/a\"\r\n"
                        "\"esc\xef\xbf\xbd[31m\xef\xbf\xbd\xe2\x80\xae!\",\"String\",,\"" PARAMETER "/m\"\r\n"
                        "\"'=1+1\",\"String\",,\"" PARAMETER "/z\"\r\n");
}

static void test_filter(void **state)
{
    assert_string_equal(write_text(*state, EXPORT_CSV, "keys", "key_id", "state=PendingDeletion"),
                        "key_id\r\n\"aaaa\"\r\n");
    assert_string_equal(write_text(*state, EXPORT_CSV, "keys", "key_id", "state:?"), "key_id\r\n\"bbbb\"\r\n");
    assert_string_equal(write_text(*state, EXPORT_CSV, "keys", "key_id", "state=Disabled"), "key_id\r\n");
}

static void test_csv_has_all_columns(void **state)
{
    const char *csv = write_text(*state, EXPORT_CSV, "aliases", NULL, NULL);
    static const char head[] = "id,account,region,name,key_arn";
    static const char tail[] = "severity,findings,blind,seen_at\r\n";
    assert_memory_equal(csv, head, sizeof head - 1);
    const char *end = strstr(csv, "\r\n");
    assert_non_null(end);
    assert_memory_equal(end + 2 - (sizeof tail - 1), tail, sizeof tail - 1);
}

static void test_json(void **state)
{
    static const char rows[] =
        "\"rows\":[\n"
        "{\"id\":\"" KEY_A "\",\"aliases\":[\"alias/a\\\"x\\\"\",\"alias/b;c\"],\"state\":\"PendingDeletion\","
        "\"multi_region\":false,\"deletion_date\":\"2026-08-24T14:02:00Z\",\"rotation\":\"?\"},\n"
        "{\"id\":\"" KEY_B "\",\"aliases\":null,\"state\":\"?\",\"multi_region\":\"?\","
        "\"deletion_date\":\"?\",\"rotation\":\"?\"}\n]}\n";
    static const char head[] =
        "{\"schema\":\"keyfall.keys/1\",\n\"tool\":\"keyfall test\",\n"
        "\"generated_at\":\"2026-08-23T14:02:00Z\",\n"
        "\"scope\":{\"source\":\"demo\",\"profiles\":null,\"org_role\":null,\"regions\":[\"eu-west-1\"],"
        "\"endpoint_url\":null,\"targets\":null},\n\"filter\":\"id:\\\"key/\\\"\",\n\"complete\":false,\n\"blind_spots\":[\n";
    struct fixture *f = *state;
    const char *json = write_text(f, EXPORT_JSON, "keys",
                                  "id,aliases,state,multi_region,deletion_date,rotation", "id:\"key/\"");
    assert_true(f->len > sizeof head);
    assert_memory_equal(json, head, sizeof head - 1);
    const char *at = strstr(json, "\"rows\":");
    assert_non_null(at);
    assert_string_equal(at, rows);
}

static const cJSON *spot_of(const cJSON *spots, const char *operation)
{
    const cJSON *spot;
    cJSON_ArrayForEach(spot, spots)
    {
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItem(spot, "operation"));
        if (is && strcmp(is, operation) == 0)
            return spot;
    }
    return NULL;
}

static void test_json_tells_blind_spots(void **state)
{
    static const struct {
        const char *member, *value; /* NULL: null */
    } members[] = {
        {"account", ACCOUNT},      {"region", REGION},  {"about", KEY_B},
        {"service", "kms"},        {"what", "metadata"}, {"state", "denied"},
        {"error", "AccessDeniedException"}, {"message", "no \"you\" may not"}, {"request_id", NULL},
    };
    cJSON *root = cJSON_Parse(write_text(*state, EXPORT_JSON, "aliases", NULL, NULL));
    assert_non_null(root);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(root, "complete")));
    const cJSON *spot = spot_of(cJSON_GetObjectItem(root, "blind_spots"), "kms:DescribeKey");
    assert_non_null(spot);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const cJSON *member = cJSON_GetObjectItem(spot, members[i].member);
        assert_non_null(member);
        if (members[i].value)
            assert_string_equal(cJSON_GetStringValue(member), members[i].value);
        else
            assert_true(cJSON_IsNull(member));
    }
    cJSON_Delete(root);
}

static void test_unknown_column(void **state)
{
    (void)state;
    int *columns = NULL;
    size_t n;
    struct err err = {0};
    static const struct {
        const char *names, *said;
    } cases[] = {
        {"id,colour", "the view aliases has no column \"colour\"; it has id, account, region, name, key_arn"},
        {"", "the view aliases has no column \"\"; it has id"},
        {"id,,name", "has no column \"\""},
        {"id,", "has no column \"\""},
        {"sev", "has no column \"sev\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(export_columns(view_by_name("aliases"), cases[i].names, &columns, &n, &err),
                         ERR_USAGE);
        assert_non_null(strstr(err.text, cases[i].said));
    }
}

static void test_other_generation_is_refused(void **state)
{
    struct fixture *f = *state;
    struct view_context c = context(f);
    struct selection rows = {.generation = generation_number(f->g) + 1};
    struct export_request request = {.view = view_by_name("keys"), .tool = "t"};
    struct err err = {0};
    assert_int_equal(export_rows(EXPORT_CSV, &request, &c, &rows, stdout, &err), ERR_CANCELLED);
}

static void test_full_disk_and_gone_reader(void **state)
{
    struct err err = {0};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setbuf(full, NULL);
    assert_int_equal(write_to(*state, EXPORT_CSV, "keys", NULL, NULL, full, &err), ERR_IO);
    fclose(full);

    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    FILE *pipe_end = fdopen(ends[1], "w");
    assert_non_null(pipe_end);
    setbuf(pipe_end, NULL);
    assert_int_equal(write_to(*state, EXPORT_JSON, "keys", NULL, NULL, pipe_end, &err), ERR_OK);
    fclose(pipe_end);
}

/* ---- the file ----------------------------------------------------------------------------------------- */

static char folder[64];

static char *in_folder(const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

static size_t files_in_folder(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void assert_file(const char *path, const char *content, mode_t mode)
{
    char got[64] = "";
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 0777, mode);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    got[fread(got, 1, sizeof got - 1, in)] = '\0';
    fclose(in);
    assert_string_equal(got, content);
}

static int set_up_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/keyfall-export-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            char *path = in_folder(entry->d_name);
            (void)unlink(path);
            mem_free(path);
        }
    if (d)
        closedir(d);
    return rmdir(folder);
}

static void write_file(const char *path, const char *content)
{
    struct export_file f;
    struct err err = {0};
    assert_int_equal(export_open(&f, NULL, path, &err), ERR_OK);
    fputs(content, f.file);
    assert_int_equal(export_close(&f, &err), ERR_OK);
}

static void test_file_appears_whole(void **state)
{
    (void)state;
    struct export_file f;
    struct err err = {0};
    char *path = in_folder("new.csv");
    mode_t before = umask(027);
    assert_int_equal(export_open(&f, NULL, path, &err), ERR_OK);
    fputs("rows", f.file);
    fflush(f.file);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(export_close(&f, &err), ERR_OK);
    umask(before);
    assert_file(path, "rows", 0640);
    assert_int_equal(files_in_folder(), 1);
    export_abandon(&f);
    assert_file(path, "rows", 0640);
    mem_free(path);
}

static void test_abandoned_file_leaves_the_old_one(void **state)
{
    (void)state;
    struct export_file f;
    struct err err = {0};
    char *path = in_folder("old.csv");
    write_file(path, "old");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(export_open(&f, NULL, path, &err), ERR_OK);
    fputs("half", f.file);
    export_abandon(&f);
    assert_file(path, "old", 0600);
    assert_int_equal(files_in_folder(), 1);
    write_file(path, "new");
    assert_file(path, "new", 0600);
    assert_int_equal(files_in_folder(), 1);
    mem_free(path);
}

static void test_link_is_followed(void **state)
{
    (void)state;
    char *path = in_folder("real.csv"), *link = in_folder("link.csv");
    struct stat st;
    write_file(path, "old");
    assert_int_equal(symlink("real.csv", link), 0);
    write_file(link, "new");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_file(path, "new", 0644);
    mem_free(path);
    mem_free(link);
}

/* Nothing is written through a link, out of the folder, or to what is no file. */
static void test_export_folder_is_not_left(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } wrong[] = {
        {"link.csv", "/link.csv is a link, and nothing is written outside the export folder"},
        {"loose.csv", "/loose.csv is a link, and nothing is written outside the export folder"},
        {"pipe.csv", "/pipe.csv is no plain file"},
        {"../x", "\"../x\" is no plain name in the export folder"},
        {"..", "\"..\" is no plain name"},
        {"", "\"\" is no plain name"},
    };
    struct err err = {0};
    struct export_file f;
    char *real = in_folder("real.csv"), *inside = in_folder("inside");
    char *link = in_folder("inside/link.csv"), *loose = in_folder("inside/loose.csv");
    char *pipe = in_folder("inside/pipe.csv"), *good = in_folder("inside/good.csv"), *missing = in_folder("none");
    write_file(real, "old");
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_int_equal(symlink("../real.csv", link), 0);
    assert_int_equal(symlink("../new.csv", loose), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(export_open(&f, inside, wrong[i].name, &err), ERR_IO);
        if (!strstr(err.text, wrong[i].words))
            fail_msg("%s: %s", wrong[i].name, err.text);
        assert_int_equal(export_check(inside, wrong[i].name, &err), ERR_IO);
    }
    assert_int_equal(export_open(&f, missing, "good.csv", &err), ERR_IO);
    assert_non_null(strstr(err.text, "the export folder "));
    assert_non_null(strstr(err.text, "/none is not there: make it first"));
    assert_int_equal(export_open(&f, real, "good.csv", &err), ERR_IO);
    assert_non_null(strstr(err.text, "is no folder: --export-dir names one"));
    assert_int_equal(export_check(inside, "good.csv", &err), ERR_OK);
    assert_int_equal(export_open(&f, inside, "good.csv", &err), ERR_OK);
    fputs("rows", f.file);
    assert_int_equal(symlink("../real.csv", good), 0); /* in between: replaced, not followed */
    assert_int_equal(export_close(&f, &err), ERR_OK);
    assert_file(good, "rows", 0644);
    assert_file(real, "old", 0644);
    assert_int_equal(files_in_folder(), 2);
    assert_int_equal(unlink(link) | unlink(loose) | unlink(pipe) | unlink(good) | rmdir(inside), 0);
    char *all[] = {real, inside, link, loose, pipe, good, missing};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

/* The folder of all views is found in the other, and is no link; nor is what is in it. */
static void test_folder_is_not_left(void **state)
{
    (void)state;
    struct err err = {0};
    char *inside = in_folder("in"), *sub = in_folder("in/sub"), *out = in_folder("out");
    char *keys = in_folder("in/sub/keys.csv"), *link = in_folder("in/link");
    assert_int_equal(export_folder_check(inside, "sub", &err), ERR_IO);
    assert_non_null(strstr(err.text, "/in is not there: make it first"));
    assert_int_equal(mkdir(inside, 0700) | mkdir(out, 0700), 0);
    assert_int_equal(export_folder_check(inside, "sub", &err), ERR_OK);
    assert_int_equal(access(sub, F_OK), -1);
    assert_int_equal(symlink("../out", link), 0);
    assert_int_equal(export_folder_check(inside, "link", &err), ERR_IO);
    assert_non_null(strstr(err.text, "/in/link is a link, and nothing is written outside the export folder"));
    assert_int_equal(export_folder(EXPORT_CSV, &(struct export_request){0}, NULL, inside, "link", &err), ERR_IO);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(symlink("../../out/keys.csv", keys), 0);
    assert_int_equal(export_folder_check(inside, "sub", &err), ERR_IO);
    assert_non_null(strstr(err.text, "/in/sub/keys.csv is a link"));
    assert_int_equal(export_folder_check(NULL, sub, &err), ERR_OK); /* there it is followed */
    assert_int_equal(unlink(keys) | rmdir(sub) | unlink(link) | rmdir(inside) | rmdir(out), 0);
    char *all[] = {inside, sub, out, keys, link};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

static void test_wrong_names_are_told(void **state)
{
    (void)state;
    struct err err = {0};
    struct export_file f;
    char *missing = in_folder("no/such.csv");
    assert_int_equal(export_open(&f, NULL, folder, &err), ERR_IO);
    assert_non_null(strstr(err.text, "is a folder"));
    assert_int_equal(export_open(&f, NULL, missing, &err), ERR_IO);
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(export_open(&f, NULL, "", &err), ERR_IO);
    assert_int_equal(export_check(NULL, missing, &err), ERR_IO);
    assert_int_equal(export_check(NULL, NULL, &err), ERR_OK);
    assert_int_equal(files_in_folder(), 0);
    mem_free(missing);
}

static void test_device_is_written_to(void **state)
{
    (void)state;
    struct stat before, after;
    struct err err = {0};
    struct export_file f;
    assert_int_equal(stat("/dev/null", &before), 0);
    write_file("/dev/null", "gone");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(export_check(NULL, "/dev/null", &err), ERR_OK);
    assert_int_equal(export_open(&f, NULL, "/dev/full", &err), ERR_OK);
    fputs("x", f.file);
    assert_int_equal(export_close(&f, &err), ERR_IO);
    assert_string_equal(err.text, "writing /dev/full: No space left on device");
}

int main(void)
{
    model_init();
    signal(SIGPIPE, SIG_IGN);
#define ROWS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define FILES(test) cmocka_unit_test_setup_teardown(test, set_up_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        ROWS(test_csv),
        ROWS(test_csv_is_guarded_and_ordered),
        ROWS(test_filter),
        ROWS(test_csv_has_all_columns),
        ROWS(test_json),
        ROWS(test_json_tells_blind_spots),
        ROWS(test_other_generation_is_refused),
        ROWS(test_full_disk_and_gone_reader),
        cmocka_unit_test(test_unknown_column),
        FILES(test_file_appears_whole),
        FILES(test_abandoned_file_leaves_the_old_one),
        FILES(test_link_is_followed),
        FILES(test_export_folder_is_not_left),
        FILES(test_folder_is_not_left),
        FILES(test_wrong_names_are_told),
        FILES(test_device_is_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
