/* A document that is read prints to one that says the same; the offsets lie inside; evaluating never fails. */
#include "backend/base/mem.h"
#include "backend/cli/access_batch.h"
#include "backend/policy/access.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void evaluate(struct arena *arena, const struct policy *policy)
{
    static const char key[] = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd";
    struct request request;
    struct access_result result;
    struct access_input input = {.key_policy = policy, .key_state = "Enabled",
                                 .identity = {&policy, 1, false}};
    must(request_init(&request, arena, "arn:aws:iam::111111111111:role/r", "kms:Decrypt", key, NULL) ==
         ERR_OK);
    request_add_implied(&request);
    access_evaluate(&request, &input, &result);
    access_result_free(&result);
    request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct policy *policy, *again;
    struct buf out = {0}, twice = {0};
    struct err err = {0};
    if (policy_parse(arena, (const char *)data, size, &policy, &err) == ERR_OK) {
        for (size_t i = 0; i < policy->n; i++)
            must(policy->statements[i].begin < policy->statements[i].end &&
                 policy->statements[i].end <= size);
        policy_print(policy, &out);
        if (out.len <= POLICY_MAX_BYTES) {
            must(policy_parse(arena, out.data, out.len, &again, &err) == ERR_OK);
            policy_print(again, &twice);
            must(out.len == twice.len && memcmp(out.data, twice.data, out.len) == 0);
        }
        evaluate(arena, policy);
    } else {
        must(err.text[0] != '\0');
    }
    buf_clear(&out);
    if (access_batch_line((const char *)data, size, &out, &err) != ERR_OK)
        must(err.text[0] != '\0');
    must(out.len > 0 && out.data[out.len - 1] == '\n');
    buf_free(&out);
    buf_free(&twice);
    arena_free(arena);
    return 0;
}
