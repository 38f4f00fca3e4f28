/* Signatures, compared with those of botocore's signer for the same requests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/sign.h"
#include "backend/base/mem.h"

#include <stdio.h>
#include <string.h>

#define ACCESS "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define NOW 1767323045 /* 2026-01-02T03:04:05Z */
#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

struct vector {
    const char *name, *service, *region, *token;
    const char *method, *host, *path, *query;
    struct sign_header headers[2];
    size_t n_headers;
    const char *body;
    size_t body_len;
    const char *canonical, *signature;
};

#define TEXT(s) (s), sizeof(s) - 1
#define NO_BODY NULL, 0

static const struct vector vectors[] = {
    {"json post",
     "kms",
     "eu-central-1",
     "TOKENEXAMPLE",
     "POST",
     "kms.eu-central-1.amazonaws.com",
     "/",
     "",
     {{"content-type", "application/x-amz-json-1.1"}, {"x-amz-target", "TrentService.ListKeys"}},
     2,
     TEXT("{\"Limit\":1000}"),
     "80be1a62a03011a685eb49c47d576686d78bb5b857b5ce16d0da8653a9f860e3",
     "17902e58d2431e87590f2918f317e44664e34e9efd9c80b41ecea364d9156d6b"},
    {"arn in the path",
     "backup",
     "eu-central-1",
     "TOKENEXAMPLE",
     "GET",
     "backup.eu-central-1.amazonaws.com",
     "/backup-vaults/Default/recovery-points/arn%3Aaws%3Abackup%3Aeu-central-1%3A111122223333%3A"
     "recovery-point%3A1EB3B5E7-9EB0-435A-A80B-108B488B0D45",
     NULL,
     {{0}},
     0,
     NO_BODY,
     "32fddff2ac73f721b33ac39f5ce7b6a49c4538470a56dc51d588da751c9f518e",
     "b64255954ac3721d3604e72762464c7de307b16dff4eb09a6f19c591c42e6eed"},
    {"unsorted query",
     "backup",
     "eu-central-1",
     "TOKENEXAMPLE",
     "GET",
     "backup.eu-central-1.amazonaws.com",
     "/backup-vaults/Default/recovery-points/",
     "maxResults=1000&createdAfter=2026-01-02T03%3A04%3A05Z",
     {{0}},
     0,
     NO_BODY,
     "c7257133e2cada90b48f9e0d25c3421662fa5637cee94b516920afe65c0c6036",
     "1459e3017dd3fd220431734b944b2c003b5ece78c6d631b5f509ef10d13abfe0"},
    {"form post",
     "ec2",
     "eu-central-1",
     "TOKENEXAMPLE",
     "POST",
     "ec2.eu-central-1.amazonaws.com",
     "/",
     NULL,
     {{"content-type", FORM}},
     1,
     TEXT("Action=DescribeVolumes&Version=2016-11-15&MaxResults=500"),
     "fc9cec6e043d02bad507b8ca760535efc84d014b564f947b8866dd19178176b0",
     "aac95eb95112c08e7e80c2cd8a822e75041f32ba882f90582e495d37cb623f08"},
    {"s3, valueless parameter",
     "s3",
     "eu-central-1",
     "TOKENEXAMPLE",
     "GET",
     "my-bucket.s3.eu-central-1.amazonaws.com",
     "/",
     "encryption",
     {{"x-amz-content-sha256", EMPTY_SHA}},
     1,
     NO_BODY,
     "2f57ea7b5d3ee830dab95ccc1fd80fe9804443f5c7a5e7e69c3adf709ddc3cec",
     "9faca63f630a79623dc69fc1d7fe112925c55ff816c6f329774ea869bdf277b9"},
    {"no session token",
     "kms",
     "eu-central-1",
     NULL,
     "POST",
     "kms.eu-central-1.amazonaws.com",
     "/",
     NULL,
     {{"x-amz-target", "TrentService.ListKeys"}, {"content-type", "application/x-amz-json-1.1"}},
     2,
     TEXT("{\"Limit\":1000}"),
     "1919bd0d21e482d11bbbe81c32a6e6e5d77c7418819ffbdef04652daf684d0c2",
     "ced72e571864b6a01a26b1a17ac22e0ceac47add0b5b9cecf733c31c76ab3b83"},
    {"names that prefix each other, repeated names",
     "backup",
     "us-east-1",
     NULL,
     "GET",
     "backup.us-east-1.amazonaws.com",
     "/x/",
     "a2=1&a-b=2&a=3&a=1&b=",
     {{0}},
     0,
     NO_BODY,
     "b6fe0ce9154f4ed3b2c58146bdbccdb29ea9c92bc0d598add1ab2a0d3e60e63c",
     "deb81e762a09a05b4aab4d31e8e00d5cf140dd46d2d7556b8d0c944e9afee108"},
    {"base64 token",
     "backup",
     "us-east-1",
     NULL,
     "GET",
     "backup.us-east-1.amazonaws.com",
     "/backup-vaults/",
     "maxResults=7&nextToken=ab%2B%2F%3D%3D",
     {{0}},
     0,
     NO_BODY,
     "35ff5a096980f65818fd0b6863831d18c820831596be5b044913ad1c88cf207a",
     "1eb24197b859a9733158efa5e97fc37d161b16a711036b80cb4fe14b377357f8"},
    {"the same, sent raw: AWS encodes it again",
     "backup",
     "us-east-1",
     NULL,
     "GET",
     "backup.us-east-1.amazonaws.com",
     "/backup-vaults/",
     "nextToken=ab+/==&maxResults=%37",
     {{0}},
     0,
     NO_BODY,
     "35ff5a096980f65818fd0b6863831d18c820831596be5b044913ad1c88cf207a",
     "1eb24197b859a9733158efa5e97fc37d161b16a711036b80cb4fe14b377357f8"},
    {"a port",
     "sts",
     "us-east-1",
     NULL,
     "POST",
     "localhost:5000",
     "/",
     NULL,
     {{"content-type", FORM}},
     1,
     TEXT("Action=GetCallerIdentity&Version=2011-06-15"),
     "d52c64567c9495948cdeccbbae9c5388c26a307ebcaad28a847ca440e74809d1",
     "10fc246ac50a3df80d510e044ed5cddd3b65fb639c4427591e484cd296cb4e74"},
    {"a blank in the path, a token with + / =",
     "backup",
     "us-east-1",
     "T+/=",
     "GET",
     "backup.us-east-1.amazonaws.com",
     "/backup-vaults/a%20b~_.-/access-policy",
     NULL,
     {{0}},
     0,
     NO_BODY,
     "1093fded61329b77d9397df8e4dd367a223f89ba5568859b2facb9d393694c64",
     "5d64ea6bcf3411df77e1b1f4e616a26563a84b62c40d6eaddf14fa1a61f2c8e7"},
    {"blanks in a header, a body of bytes",
     "kms",
     "us-east-1",
     NULL,
     "POST",
     "kms.us-east-1.amazonaws.com",
     "/",
     NULL,
     {{"x-amz-meta", "  a   b  "}},
     1,
     TEXT("\0\xff{}"),
     "a6395111bcf88e29981a76da65f02af71d38476c07dd27112f6494b975312950",
     "d4ff1c46198e283c52064983a16ab3d6193a8fe8c42841e1c496302665f012cf"},
};

static enum err_code sign_vector(struct signer *signer, const struct vector *v,
                                 struct signature *out, struct err *err)
{
    const struct sign_key key = {.access_key = ACCESS,
                                 .secret_key = SECRET,
                                 .session_token = v->token,
                                 .region = v->region,
                                 .service = v->service,
                                 .is_path_final = strcmp(v->service, "s3") == 0};
    const struct sign_request request = {.method = v->method,
                                         .host = v->host,
                                         .path = v->path,
                                         .query = v->query,
                                         .headers = v->headers,
                                         .n_headers = v->n_headers,
                                         .body = v->body,
                                         .body_len = v->body_len};
    return sign(signer, &key, &request, NOW, out, err);
}

static void test_vectors(void **state)
{
    struct signer *signer = sign_new();
    struct signature got;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        print_message("%s\n", vectors[i].name);
        assert_int_equal(sign_vector(signer, &vectors[i], &got, &err), ERR_OK);
        assert_string_equal(got.date, "20260102T030405Z");
        assert_string_equal(got.canonical_sha256, vectors[i].canonical);
        assert_string_equal(strstr(got.authorization, "Signature=") + 10, vectors[i].signature);
    }
    sign_free(signer);
}

static void test_header_form(void **state)
{
    struct signer *signer = sign_new();
    struct signature got;
    struct err err;
    (void)state;
    assert_int_equal(sign_vector(signer, &vectors[0], &got, &err), ERR_OK);
    assert_string_equal(
        got.authorization,
        "AWS4-HMAC-SHA256 Credential=" ACCESS "/20260102/eu-central-1/kms/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
        "Signature=17902e58d2431e87590f2918f317e44664e34e9efd9c80b41ecea364d9156d6b");
    sign_free(signer);
}

/* Too much is an error, never a signature over less. */
static void test_limits(void **state)
{
    struct signer *signer = sign_new();
    struct sign_header headers[SIGN_MAX_HEADERS + 1];
    struct signature got;
    struct err err;
    struct buf query = {0};
    char region[400];
    struct vector v = vectors[2];
    (void)state;
    for (int i = 0; i <= SIGN_MAX_PARAMS; i++)
        buf_printf(&query, "%sp%d=1", i > 0 ? "&" : "", i);
    v.query = query.data;
    assert_int_equal(sign_vector(signer, &v, &got, &err), ERR_LIMIT);
    *strrchr(query.data, '&') = '\0';
    assert_int_equal(sign_vector(signer, &v, &got, &err), ERR_OK);

    memset(region, 'r', sizeof region - 1);
    region[sizeof region - 1] = '\0';
    v = vectors[0];
    v.region = region;
    assert_int_equal(sign_vector(signer, &v, &got, &err), ERR_LIMIT);

    for (int i = 0; i <= SIGN_MAX_HEADERS; i++)
        headers[i] = (struct sign_header){"x-amz-a", "1"};
    const struct sign_key key = {ACCESS, SECRET, NULL, "us-east-1", "kms", false};
    const struct sign_request request = {.method = "GET",
                                         .host = "h",
                                         .path = "/",
                                         .headers = headers,
                                         .n_headers = SIGN_MAX_HEADERS + 1};
    assert_int_equal(sign(signer, &key, &request, NOW, &got, &err), ERR_LIMIT);
    buf_free(&query);
    sign_free(signer);
}

static void test_encode(void **state)
{
    static const struct {
        const char *in, *out;
        bool keep_slash;
    } rows[] = {
        {"AZaz09-_.~", "AZaz09-_.~", false},
        {"a b+c/d:e=f&g", "a%20b%2Bc%2Fd%3Ae%3Df%26g", false},
        {"/a/b c", "/a/b%20c", true},
        {"\xc3\xa9%", "%C3%A9%25", false},
        {"", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        buf_adds(&out, "");
        sign_encode(&out, rows[i].in, strlen(rows[i].in), rows[i].keep_slash);
        char *got = buf_take(&out);
        assert_string_equal(got, rows[i].out);
        mem_free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_header_form),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
