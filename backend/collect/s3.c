#include "backend/collect/feed.h"

#include <string.h>

/* Buckets of before 2023 that nobody wrote to since may have none:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
const struct special bucket_specials[] = {
    {"ServerSideEncryptionConfigurationNotFoundError", NULL, TRUTH_ABSENT},
    {NULL, NULL, TRUTH_FAILED},
};

/* Names are the partition's, whoever owns the bucket. Every bucket of the account may be told wherever one asks. */
enum err_code bucket_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL, *region = NULL;
    enum err_code code = need_text(item, "Name", &name, err);
    if (code == ERR_OK)
        code = maybe_text(item, "BucketRegion", &region, err);
    bool is_elsewhere = region && strcmp(region, s->place->region) != 0;
    if (code == ERR_OK && !is_elsewhere)
        *arn = arena_printf(s->scratch, "arn:%s:s3:::%s", s->place->partition, name);
    return code;
}

/* https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html */
enum err_code bucket_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    static const char member[] = "Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID";
    const char *algorithm = NULL;
    enum err_code code =
        need_text(item, "Rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm", &algorithm, err);
    if (code != ERR_OK)
        return code;
    bool is_kms = strncmp(algorithm, "aws:kms", 7) == 0;
    bool is_owned = strcmp(algorithm, "AES256") == 0;
    const struct feed_key key = {
        member, .otherwise = is_kms ? "alias/aws/s3" : is_owned ? ENCRYPTION_AWS_OWNED : NULL};
    return sheet_store_key(s, &key, item, err);
}
