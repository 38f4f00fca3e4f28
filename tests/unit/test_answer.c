/* Bodies of answers and errors, for each protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/answer.h"
#include "backend/aws/tree.h"

#include <string.h>

#define RDS_NS " xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\""

struct body_row {
    enum op_id op;
    const char *body;
    enum err_code code;
    const char *printed; /* of the tree */
};

static const struct body_row bodies[] = {
    {OP_KMS_LIST_KEYS, "{\"Keys\":[],\"Truncated\":false}", ERR_OK,
     "{\"Keys\":[],\"Truncated\":false}"},
    {OP_KMS_LIST_KEYS, "[]", ERR_PARSE, NULL},
    {OP_KMS_LIST_KEYS, "null", ERR_PARSE, NULL},
    {OP_KMS_LIST_KEYS, "", ERR_PARSE, NULL},
    {OP_KMS_LIST_KEYS, "{\"Keys\":[", ERR_PARSE, NULL},
    {OP_KMS_ENABLE_KEY, "", ERR_OK, "{}"},
    {OP_KMS_ENABLE_KEY, "{}", ERR_OK, "{}"},
    {OP_KMS_ENABLE_KEY, "null", ERR_OK, "{}"},
    {OP_KMS_DESCRIBE_KEY, "null", ERR_PARSE, NULL},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS,
     "<DescribeDBSnapshotsResponse" RDS_NS "><DescribeDBSnapshotsResult><Marker>m</Marker>"
     "</DescribeDBSnapshotsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
     "</DescribeDBSnapshotsResponse>",
     ERR_OK, "{\"Marker\":\"m\"}"},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS,
     "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult/></DescribeDBSnapshotsResponse>",
     ERR_OK, "{}"},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS,
     "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult>oops</DescribeDBSnapshotsResult>"
     "</DescribeDBSnapshotsResponse>",
     ERR_PARSE, NULL},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS, "<DescribeDBSnapshotsResponse/>", ERR_PARSE, NULL},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS, "<html><body>hello</body></html>", ERR_PARSE, NULL},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS,
     "<DescribeDBClustersResponse><DescribeDBClustersResult/></DescribeDBClustersResponse>",
     ERR_PARSE, NULL},
    {OP_RDS_DESCRIBE_DB_INSTANCES,
     "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><"
     "PendingModifiedValues>"
     "<MasterUserPassword>hunter2</MasterUserPassword><X>1</X></PendingModifiedValues></DBInstance>"
     "</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
     ERR_OK, "{\"DBInstances\":{\"DBInstance\":{\"PendingModifiedValues\":{\"X\":\"1\"}}}}"},
    {OP_EC2_GET_EBS_ENCRYPTION_BY_DEFAULT,
     "<GetEbsEncryptionByDefaultResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
     "<requestId>r</requestId><ebsEncryptionByDefault>true</ebsEncryptionByDefault>"
     "</GetEbsEncryptionByDefaultResponse>",
     ERR_OK, "{\"requestId\":\"r\",\"ebsEncryptionByDefault\":\"true\"}"},
    {OP_EC2_DESCRIBE_VOLUMES, "{\"volumeSet\":[]}", ERR_PARSE, NULL},
};

static void test_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        cJSON *tree;
        struct err err = {0};
        print_message("%s\n", bodies[i].body);
        assert_int_equal(
            answer_read(op_get(bodies[i].op), bodies[i].body, strlen(bodies[i].body), &tree, &err),
            bodies[i].code);
        if (bodies[i].printed) {
            char *got = cJSON_PrintUnformatted(tree);
            assert_string_equal(got, bodies[i].printed);
            cJSON_free(got);
        } else {
            assert_null(tree);
            assert_true(err.text[0] != '\0');
        }
        cJSON_Delete(tree);
    }
}

struct error_row {
    enum op_id op;
    int status;
    struct answer_headers headers;
    const char *body, *code, *id, *text;
};

#define NO_HEADERS                                                                                 \
    {                                                                                              \
        "", "", ""                                                                                 \
    }

static const struct error_row errors[] = {
    {OP_KMS_DESCRIBE_KEY,
     400,
     {"", "", "rid"},
     "{\"__type\":\"com.amazonaws.kms#NotFoundException\",\"message\":\"Key 'k' does not exist\"}",
     "NotFoundException",
     "rid",
     "NotFoundException: Key 'k' does not exist"},
    {OP_KMS_DESCRIBE_KEY,
     400,
     {"", "Better;Sender", ""},
     "{\"__type\":\"Worse\",\"Message\":\"a\\nb\\u001b[1m\"}",
     "Better",
     "",
     "Better: a b [1m"},
    {OP_BACKUP_LIST_BACKUP_VAULTS,
     400,
     {"ThrottlingException:http://internal/", "", ""},
     "{\"message\":\"Rate exceeded\"}",
     "ThrottlingException",
     "",
     "ThrottlingException: Rate exceeded"},
    {OP_BACKUP_LIST_BACKUP_VAULTS, 400, {"aws.backup#X", "", ""}, "", "X", "", "X"},
    {OP_BACKUP_LIST_BACKUP_VAULTS, 400, NO_HEADERS, "{\"Code\":\"Y\"}", "Y", "", "Y"},
    /* as OAuth has it */
    {OP_BACKUP_LIST_BACKUP_VAULTS,
     400,
     {"AuthorizationPendingException", "", ""},
     "{\"error\":\"authorization_pending\",\"error_description\":\"wait\"}",
     "AuthorizationPendingException",
     "",
     "AuthorizationPendingException: authorization_pending: wait"},
    {OP_BACKUP_LIST_BACKUP_VAULTS,
     400,
     {"AccessDeniedException", "", ""},
     "{\"error\":\"TOKEN_EXPIRED\\u0007\"}",
     "AccessDeniedException",
     "",
     "AccessDeniedException: TOKEN_EXPIRED : the service refused the request"},
    {OP_RDS_DESCRIBE_DB_CLUSTERS, 404, NO_HEADERS,
     "<ErrorResponse" RDS_NS "><Error><Type>Sender</Type><Code>DBClusterNotFoundFault</Code>"
     "<Message>gone</Message></Error><RequestId>r1</RequestId></ErrorResponse>",
     "DBClusterNotFoundFault", "r1", "DBClusterNotFoundFault: gone"},
    {OP_EC2_DESCRIBE_VOLUMES, 403, NO_HEADERS,
     "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></"
     "Errors>"
     "<RequestID>r2</RequestID></Response>",
     "UnauthorizedOperation", "r2", "UnauthorizedOperation: no"},
    {OP_KMS_DESCRIBE_KEY, 503, NO_HEADERS, "<html><body>busy</body></html>", "", "",
     "kms answered HTTP 503 without an error of AWS"},
    {OP_RDS_DESCRIBE_DB_CLUSTERS, 503, NO_HEADERS, "<html><body>busy<br></body></html>", "", "",
     "rds answered HTTP 503 without an error of AWS"},
    {OP_KMS_DESCRIBE_KEY, 500, NO_HEADERS, "", "", "",
     "kms answered HTTP 500 without an error of AWS"},
    {OP_KMS_DESCRIBE_KEY, 400, NO_HEADERS, "{\"__type\":\"two words\",\"message\":\"m\"}", "", "",
     "kms answered HTTP 400 without an error of AWS"},
    {OP_KMS_DESCRIBE_KEY, 400, NO_HEADERS, "{\"__type\":5}", "", "",
     "kms answered HTTP 400 without an error of AWS"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct err err;
        answer_read_error(op_get(errors[i].op), errors[i].status, &errors[i].headers,
                          errors[i].body, strlen(errors[i].body), &err);
        assert_string_equal(err.aws_code, errors[i].code);
        assert_string_equal(err.request_id, errors[i].id);
        assert_string_equal(err.text, errors[i].text);
        assert_int_equal(err.http_status, errors[i].status);
    }
}

/* Whatever its length, a message is cut between characters. */
static void test_long_message(void **state)
{
    (void)state;
    for (int pad = 0; pad < 4; pad++) {
        char body[2000] = "{\"__type\":\"E\",\"message\":\"";
        struct err err;
        for (int i = 0; i < pad; i++)
            strcat(body, "x");
        for (int i = 0; i < 400; i++)
            strcat(body, "\xe2\x82\xac");
        strcat(body, "\"}");
        answer_read_error(op_get(OP_KMS_DESCRIBE_KEY), 400, &(struct answer_headers)NO_HEADERS,
                          body, strlen(body), &err);
        size_t len = strlen(err.text);
        assert_true(len > 300 && len < sizeof err.text);
        assert_memory_equal(err.text + len - 3, "\xe2\x82\xac", 3);
    }
}

static void test_pages(void **state)
{
    static const struct {
        enum op_id op;
        const char *json;
        enum err_code code;
        const char *token;
    } rows[] = {
        {OP_KMS_LIST_KEYS, "{\"Truncated\":true,\"NextMarker\":\"m\"}", ERR_OK, "m"},
        {OP_KMS_LIST_KEYS, "{\"Truncated\":false,\"NextMarker\":\"m\"}", ERR_OK, NULL},
        {OP_KMS_LIST_KEYS, "{\"NextMarker\":\"m\"}", ERR_OK, NULL},
        {OP_KMS_LIST_KEYS, "{\"Truncated\":true}", ERR_PARSE, NULL},
        {OP_KMS_LIST_KEYS, "{\"Truncated\":true,\"NextMarker\":null}", ERR_PARSE, NULL},
        {OP_KMS_LIST_KEYS, "{\"Truncated\":true,\"NextMarker\":\"\"}", ERR_PARSE, NULL},
        {OP_KMS_LIST_KEYS, "{\"Truncated\":1}", ERR_PARSE, NULL},
        {OP_SSM_DESCRIBE_PARAMETERS, "{\"Parameters\":[],\"NextToken\":\"t\"}", ERR_OK, "t"},
        {OP_SSM_DESCRIBE_PARAMETERS, "{\"Parameters\":[],\"NextToken\":\"\"}", ERR_OK, NULL},
        {OP_SSM_DESCRIBE_PARAMETERS, "{\"NextToken\":null}", ERR_OK, NULL},
        {OP_SSM_DESCRIBE_PARAMETERS, "{\"NextToken\":7}", ERR_PARSE, NULL},
        {OP_KMS_DESCRIBE_KEY, "{\"NextToken\":\"t\"}", ERR_OK, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *tree;
        struct err err;
        const char *token = "unset";
        assert_int_equal(tree_read_json(rows[i].json, strlen(rows[i].json), &tree, &err), ERR_OK);
        assert_int_equal(answer_next_page(op_get(rows[i].op), tree, &token, &err), rows[i].code);
        if (rows[i].code == ERR_OK && rows[i].token)
            assert_string_equal(token, rows[i].token);
        else if (rows[i].code == ERR_OK)
            assert_null(token);
        cJSON_Delete(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_long_message),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
