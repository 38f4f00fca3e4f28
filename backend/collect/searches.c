#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

/* https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DomainInfo.html */

enum err_code search_domain_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL;
    enum err_code code = need_text(item, "DomainName", &name, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "es", "domain/%s", name);
    return code;
}

/* Whether it is encrypted is not told of every domain. One that is gone is only missing from the list:
 * https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_EncryptionAtRestOptions.html */
enum err_code search_domain_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    static const struct feed_key key = {"EncryptionAtRestOptions.KmsKeyId",
                                        .encrypted = "EncryptionAtRestOptions.Enabled"};
    struct tree_list domains;
    enum err_code code = tree_list(item, "DomainStatusList", NULL, &domains, err);
    const cJSON *domain = code == ERR_OK ? tree_next(&domains) : NULL;
    if (code == ERR_OK && !cJSON_IsObject(domain))
        code = err_set(err, ERR_PARSE, "the answer does not tell the domain");
    const char *status = NULL;
    if (code == ERR_OK)
        code = maybe_text(domain, "DomainProcessingStatus", &status, err);
    if (code == ERR_OK && status)
        sheet_text(s, ATTR_SEARCH_DOMAIN_STATUS, status);
    return code == ERR_OK ? sheet_store_key(s, &key, domain, err) : code;
}
