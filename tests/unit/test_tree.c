/* Reading members of answers, friendly and hostile. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/tree.h"
#include "backend/base/mem.h"

#include <string.h>

static cJSON *json(const char *text)
{
    cJSON *tree;
    struct err err;
    assert_int_equal(tree_read_json(text, strlen(text), &tree, &err), ERR_OK);
    return tree;
}

static cJSON *xml(const char *text)
{
    cJSON *tree;
    struct err err = {0};
    if (tree_read_xml(text, strlen(text), &tree, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static void test_at(void **state)
{
    cJSON *tree = json("{\"a\":{\"b\":{\"c\":1},\"n\":null},\"ab\":2,\"A\":3}");
    (void)state;
    assert_non_null(tree_at(tree, "a.b.c"));
    assert_null(tree_at(tree, "a.b.d"));
    assert_null(tree_at(tree, "a.n"));
    assert_null(tree_at(tree, "a.n.x"));
    assert_null(tree_at(tree, "ab.c"));
    assert_true(tree_at(tree, "A")->valuedouble == 3);
    assert_ptr_equal(tree_at(tree, ""), tree);
    assert_null(tree_at(NULL, "a"));
    cJSON_Delete(tree);
}

enum kind { TEXT, INT, BOOL, TIME };
struct scalar {
    enum kind kind;
    const char *json;
    bool ok, has;
    int64_t value;
};

static const struct scalar scalars[] = {
    {TEXT, "\"x\"", true, true, 0},
    {TEXT, "\"\"", true, true, 0},
    {TEXT, "null", true, false, 0},
    {TEXT, "1", false, true, 0},
    {TEXT, "{}", false, true, 0},
    {INT, "1.5E9", true, true, 1500000000},
    {INT, "-3", true, true, -3},
    {INT, "\"42\"", true, true, 42},
    {INT, "\"1e3\"", true, true, 1000},
    {INT, "9007199254740992", true, true, 9007199254740992},
    {INT, "9007199254740994", false, true, 0},
    {INT, "1e300", false, true, 0},
    {INT, "1.5", false, true, 0},
    {INT, "\"\"", true, false, 0},
    {INT, "\"0x10\"", false, true, 0},
    {INT, "\"inf\"", false, true, 0},
    {INT, "\" 1\"", false, true, 0},
    {INT, "\"1 \"", false, true, 0},
    {INT, "\"-\"", false, true, 0},
    {INT, "true", false, true, 0},
    {INT, "[]", false, true, 0},
    {BOOL, "true", true, true, 1},
    {BOOL, "false", true, true, 0},
    {BOOL, "\"true\"", true, true, 1},
    {BOOL, "\"false\"", true, true, 0},
    {BOOL, "\"TRUE\"", false, true, 0},
    {BOOL, "1", false, true, 0},
    {BOOL, "null", true, false, 0},
    {TIME, "1767323045.678", true, true, 1767323045},
    {TIME, "1.767323045E9", true, true, 1767323045},
    {TIME, "\"2026-01-02T03:04:05Z\"", true, true, 1767323045},
    {TIME, "\"2026-01-02T03:04:05.678Z\"", true, true, 1767323045},
    {TIME, "\"1767323045\"", true, true, 1767323045},
    {TIME, "\"yesterday\"", false, true, 0},
    {TIME, "1e15", false, true, 0},
    {TIME, "-1", false, true, 0},
    {TIME, "null", true, false, 0},
};

static enum err_code read_scalar(const struct scalar *s, const cJSON *tree, int64_t *value,
                                 bool *has)
{
    const char *text;
    bool flag = false;
    struct err err;
    enum err_code code;
    switch (s->kind) {
    case TEXT:
        return tree_text(tree, "m.v", &text, has, &err);
    case INT:
        return tree_int(tree, "m.v", value, has, &err);
    case TIME:
        return tree_time(tree, "m.v", value, has, &err);
    case BOOL:
        code = tree_bool(tree, "m.v", &flag, has, &err);
        *value = flag;
        return code;
    }
    return ERR_USAGE;
}

static void test_scalars(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        const struct scalar *s = &scalars[i];
        char *text = mem_printf("{\"m\":{\"v\":%s}}", s->json);
        cJSON *tree = json(text);
        int64_t value = 0;
        bool has = !s->has;
        print_message("%s\n", s->json);
        assert_int_equal(read_scalar(s, tree, &value, &has), s->ok ? ERR_OK : ERR_PARSE);
        assert_int_equal(has, s->has);
        assert_int_equal(value, s->value);
        cJSON_Delete(tree);
        mem_free(text);
    }
}

static size_t list_length(const cJSON *tree, const char *path, const char *item,
                          enum err_code *code)
{
    struct tree_list list;
    struct err err;
    size_t n = 0;
    *code = tree_list(tree, path, item, &list, &err);
    if (*code == ERR_OK)
        while (tree_next(&list))
            n++;
    return n;
}

static void test_json_lists(void **state)
{
    static const struct {
        const char *json, *item;
        enum err_code code;
        size_t n;
    } rows[] = {
        {"{\"L\":[1,2,3]}", NULL, ERR_OK, 3}, {"{\"L\":[1,2,3]}", "item", ERR_OK, 3},
        {"{\"L\":[]}", NULL, ERR_OK, 0},      {"{}", NULL, ERR_OK, 0},
        {"{\"L\":null}", NULL, ERR_OK, 0},    {"{\"L\":{}}", NULL, ERR_PARSE, 0},
        {"{\"L\":{}}", "item", ERR_PARSE, 0}, {"{\"L\":\"\"}", NULL, ERR_PARSE, 0},
        {"{\"L\":5}", "item", ERR_PARSE, 0},  {"{\"L\":true}", NULL, ERR_PARSE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err_code code;
        cJSON *tree = json(rows[i].json);
        assert_int_equal(list_length(tree, "L", rows[i].item, &code), rows[i].n);
        assert_int_equal(code, rows[i].code);
        cJSON_Delete(tree);
    }
}

static void test_xml_lists(void **state)
{
    static const struct {
        const char *xml;
        enum err_code code;
        size_t n;
    } rows[] = {
        {"<r><L><item>1</item><item><a>2</a></item></L></r>", ERR_OK, 2},
        {"<r><L><item/></L></r>", ERR_OK, 1},
        {"<r><L/></r>", ERR_OK, 0},
        {"<r><L>  \n </L></r>", ERR_OK, 0},
        {"<r></r>", ERR_OK, 0},
        {"<r><L>text</L></r>", ERR_PARSE, 0},
        {"<r><L><other/></L></r>", ERR_PARSE, 0},
        {"<r><L><item/><other/></L></r>", ERR_PARSE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err_code code;
        cJSON *tree = xml(rows[i].xml);
        print_message("%s\n", rows[i].xml);
        assert_int_equal(list_length(tree, "r.L", "item", &code), rows[i].n);
        assert_int_equal(code, rows[i].code);
        cJSON_Delete(tree);
    }
}

static void test_xml_values(void **state)
{
    cJSON *tree = xml("<?xml version=\"1.0\"?>\n<R xmlns=\"http://x|y/\" xmlns:p=\"urn:p\">\n"
                      "  <p:Name a=\"1\">J&#246;rg &lt;&amp;&gt; <![CDATA[<x>]]></p:Name>\n"
                      "  <Size>12</Size><On>true</On><T>2026-01-02T03:04:05.678Z</T><E/>\n</R>");
    struct err err;
    const char *text;
    int64_t number;
    bool has, on;
    (void)state;
    assert_int_equal(tree_text(tree, "R.Name", &text, &has, &err), ERR_OK);
    assert_string_equal(text, "J\xc3\xb6rg <&> <x>");
    assert_int_equal(tree_int(tree, "R.Size", &number, &has, &err), ERR_OK);
    assert_int_equal(number, 12);
    assert_int_equal(tree_bool(tree, "R.On", &on, &has, &err), ERR_OK);
    assert_true(on);
    assert_int_equal(tree_time(tree, "R.T", &number, &has, &err), ERR_OK);
    assert_int_equal(number, 1767323045);
    assert_int_equal(tree_int(tree, "R.E", &number, &has, &err), ERR_OK);
    assert_false(has);
    assert_int_equal(tree_text(tree, "R", &text, &has, &err), ERR_PARSE);
    cJSON_Delete(tree);
}

static void test_hostile_xml(void **state)
{
    static const char *const bad[] = {
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&#0;</a>",
        "<a>\x1b[31m</a>",
        "<a>\xff</a>",
        "<a>&undefined;</a>",
        "<p:a/>",
        "<!DOCTYPE a []><a/>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE html><html><body>503 Service Unavailable</body></html>",
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n<br></body></html>",
        "not xml",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cJSON *tree = NULL;
        struct err err = {0};
        assert_int_equal(tree_read_xml(bad[i], strlen(bad[i]), &tree, &err), ERR_PARSE);
        assert_null(tree);
        assert_non_null(strstr(err.text, "line"));
    }
}

static void test_xml_depth(void **state)
{
    (void)state;
    for (int depth = 63; depth <= 66; depth++) {
        struct buf text = {0};
        cJSON *tree = NULL;
        struct err err;
        for (int i = 0; i < depth - 1; i++)
            buf_adds(&text, "<a>");
        buf_adds(&text, "<a/>");
        for (int i = 0; i < depth - 1; i++)
            buf_adds(&text, "</a>");
        assert_int_equal(tree_read_xml(text.data, text.len, &tree, &err),
                         depth <= 64 ? ERR_OK : ERR_PARSE);
        cJSON_Delete(tree);
        buf_free(&text);
    }
}

static void test_hostile_json(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "{\"a\":1,}",
        "{\"a\":1}x",
        "{\"a\":1,\"a\":2}",
        "[01]",
        "\"\xff\"",
        "\"\\u0000\"",
        "nul",
        "<html></html>",
        "{\"a\"}",
        "\"\n\"",
        "{\"Keys\":[{\"KeyId\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cJSON *tree = NULL;
        struct err err;
        assert_int_not_equal(tree_read_json(bad[i], strlen(bad[i]), &tree, &err), ERR_OK);
        assert_null(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at),         cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_json_lists), cmocka_unit_test(test_xml_lists),
        cmocka_unit_test(test_xml_values), cmocka_unit_test(test_hostile_xml),
        cmocka_unit_test(test_xml_depth),  cmocka_unit_test(test_hostile_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
