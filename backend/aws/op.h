/* op: the table of AWS operations that keyfall may send, one row each (ops.def), and the services
 * they belong to. Constant data, any thread.
 *
 * A row that does not say READ is a WRITE: forgetting refuses. Operations that return a secret
 * (GetParameter*, GetSecretValue, Decrypt, ...) have no rows. Credential calls (AssumeRole, ...) are
 * rows private to credentials.c. Protocols as in
 * https://smithy.io/2.0/aws/protocols/index.html */
#ifndef KEYFALL_AWS_OP_H
#define KEYFALL_AWS_OP_H

#include <stdbool.h>
#include <stddef.h>

enum protocol { PROTOCOL_JSON, PROTOCOL_REST_JSON, PROTOCOL_REST_XML, PROTOCOL_QUERY, PROTOCOL_EC2 };

enum service_id {
#define SERVICE(id, ...) SERVICE_##id,
#include "backend/aws/services.def"
#undef SERVICE
    SERVICE_COUNT
};

struct service {
    const char *name;            /* IAM prefix: "kms" */
    const char *signing_name;    /* "kms" */
    const char *endpoint_prefix; /* host label: "kms" */
    const char *env_id;          /* AWS_ENDPOINT_URL_<env_id>: "KMS"; lower case in [services] */
    enum protocol protocol;
    const char *json_version;    /* "1.1": content type application/x-amz-json-1.1 */
    const char *target_prefix;   /* X-Amz-Target "TrentService." ; json only */
    const char *api_version;     /* "2014-11-01"; sent by query and ec2 */
    bool everywhere;             /* in every Region; else a host without an address says it is not there */
    bool is_path_final;          /* the path is signed as it is sent (S3); elsewhere encoded again */
    bool sends_hash;             /* x-amz-content-sha256 is sent and signed (S3) */
    bool global;                 /* one endpoint per partition (Organizations, Account) */
    double total_rate;           /* calls per second over all operations of the service; 0: none known */
    double total_burst;          /* bucket of total_rate; 0: not published */
    double rate_share;           /* of published rates that keyfall takes; 0: one half */
};

enum effect { EFFECT_WRITE = 0, EFFECT_READ };

struct op {
    const char *id;         /* "kms:ListKeys": log, error list, --print */
    enum service_id service;
    const char *name;       /* "ListKeys" */
    enum effect effect;
    const char *iam_action; /* "kms:ListKeys"; NULL: service name ':' name; "" : needs none */
    const char *const *also;/* actions that AWS asks for beside it; NULL-ended or NULL */
    const char *method;     /* rest: "GET"; else NULL (POST) */
    const char *uri;        /* rest: "/backup-vaults/{backupVaultName}"; a param whose name is a label goes
                               into the path, GET's others into the query string, else body; "?word" at
                               its end is part of the query string always */
    const char *root;       /* rest-xml: the element that an answer is; else NULL */
    bool has_bucket;        /* the first label is an S3 bucket, which AWS wants in the host's name */
    /* paging; page_in NULL: the answer is one page. Names are wire names, paths dotted. */
    const char *page_in, *page_out; /* page_out "Names[-1]": the last text of a list */
    const char *page_more;  /* boolean that says whether page_out counts (KMS Truncated); or NULL */
    const char *page_size_param;
    int page_size;          /* what we ask for; the largest AWS takes */
    double rate, burst;     /* AWS's published requests per second for an account and region; 0: the
                               service's total_rate, unknown if that is 0 too */
    const char *const *drop;/* members removed from answers before anyone sees them; NULL-ended or NULL */
    bool on_demand;         /* not part of a refresh: asked for the row in hand */
    const char *token;      /* WRITE: the member by which AWS knows a request that it has served already; the
                               caller must give it. Without one a WRITE is never sent twice */
    bool is_unsigned;       /* rows of credentials*.c: sent without keys, which is how keys are got */
    const char *page;       /* AWS's page, without https:// */
};

enum op_id {
#define OP(id, ...) OP_##id,
#include "backend/aws/ops.def"
#undef OP
    OP_COUNT
};

const struct op *op_get(enum op_id id);
const struct op *op_by_id(const char *id); /* "kms:ListKeys"; NULL */
const struct service *service_get(enum service_id id);
/* The action a policy must allow ("kms:ListKeys"); "" if none is needed. */
const char *op_iam_action(const struct op *op);
/* Whether it may be sent again although it may have been served. */
bool op_may_repeat(const struct op *op);

#endif
