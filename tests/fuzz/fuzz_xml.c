/* Bodies of the XML protocols: read, walked with every kind of reader, read as errors. The first
 * byte chooses the operation. */
#include "backend/aws/answer.h"
#include "backend/aws/tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every member, as whatever it may be. */
static void walk(const cJSON *tree)
{
    for (const cJSON *at = tree->child; at; at = at->next) {
        const char *text;
        int64_t number;
        bool flag, has;
        struct err err;
        struct tree_list list;
        if (tree_text(tree, at->string, &text, &has, &err) == ERR_OK && has &&
            strlen(text) > 1u << 24)
            abort();
        if (tree_int(tree, at->string, &number, &has, &err) != ERR_OK && err.code != ERR_PARSE)
            abort();
        if (tree_time(tree, at->string, &number, &has, &err) != ERR_OK && err.code != ERR_PARSE)
            abort();
        if (tree_bool(tree, at->string, &flag, &has, &err) != ERR_OK && err.code != ERR_PARSE)
            abort();
        if (tree_list(tree, at->string, "item", &list, &err) == ERR_OK)
            while (tree_next(&list))
                continue;
        walk(at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum op_id ops[] = {OP_RDS_DESCRIBE_DB_INSTANCES, OP_EC2_DESCRIBE_VOLUMES,
                                     OP_STS_GET_CALLER_IDENTITY, OP_RDS_DESCRIBE_DB_SNAPSHOTS};
    const struct answer_headers headers = {"", "", ""};
    cJSON *tree;
    struct err err;
    if (size == 0)
        return 0;
    const struct op *op = op_get(ops[data[0] % 4]);
    const char *body = (const char *)data + 1;
    if (answer_read(op, body, size - 1, &tree, &err) == ERR_OK) {
        const char *token;
        walk(tree);
        if (answer_next_page(op, tree, &token, &err) != ERR_OK && err.code != ERR_PARSE)
            abort();
        cJSON_Delete(tree);
    }
    answer_read_error(op, 400, &headers, body, size - 1, &err);
    if (strchr(err.text, '\n') || strlen(err.text) >= sizeof err.text)
        abort();
    return 0;
}
