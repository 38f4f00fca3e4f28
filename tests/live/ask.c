/* ask URL: sends what standard input says through the wire, a line a call: "kms:GetKeyLastUsage KeyId=..." (values up to
 * the next tab). ask alone: prints the operations that are asked for the row in hand only. For test_iam_policy.py. */
#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"

#include <stdio.h>
#include <string.h>

#define MAX_PARAMS 8

static unsigned n_waiting;

static void answered(void *ctx, const struct wire_answer *a)
{
    (void)ctx;
    if (!a->last)
        return;
    n_waiting--;
    printf("%s %s\n", op_get(a->op)->id, a->err.code == ERR_OK ? "ok" : a->err.aws_code);
}

static enum op_id op_id_of(const char *id)
{
    int i = 0;
    while (i < OP_COUNT && strcmp(op_get((enum op_id)i)->id, id) != 0)
        i++;
    return (enum op_id)i;
}

static void send_line(struct wire *wire, struct identity *who, char *line)
{
    struct param params[MAX_PARAMS];
    size_t n = 0;
    line[strcspn(line, "\n")] = '\0';
    char *at = strchr(line, '\t');
    while (at && n < MAX_PARAMS) {
        *at++ = '\0';
        char *value = strchr(at, '=');
        char *end = strchr(at, '\t');
        *value++ = '\0';
        params[n++] = (struct param){at, value, PARAM_TEXT};
        at = end;
    }
    for (size_t i = 0; i < n; i++)
        ((char *)params[i].value)[strcspn(params[i].value, "\t")] = '\0';
    n_waiting++;
    (void)wire_send(wire, &(struct wire_request){.op = op_id_of(line),
                                                 .who = who,
                                                 .account = "",
                                                 .region = "us-east-1",
                                                 .params = params,
                                                 .n_params = n,
                                                 .answered = answered});
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct wire *wire;
    struct identity *who;
    char line[4096];
    for (int i = 0; argc < 2 && i < OP_COUNT; i++)
        if (op_get((enum op_id)i)->on_demand)
            puts(op_get((enum op_id)i)->id);
    if (argc < 2)
        return 0;
    if (aws_new(&(struct aws_settings){.endpoint_url = argv[1]}, &wire, &err) != ERR_OK
        || identity_from_profile(wire, "base", &who, &err) != ERR_OK)
        return 2;
    while (fgets(line, sizeof line, stdin))
        send_line(wire, who, line);
    while (n_waiting > 0)
        wire_step(wire, 100);
    identity_free(who);
    wire_free(wire);
    return 0;
}
