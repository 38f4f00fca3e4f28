#include "backend/demo/book.h"

#include "backend/base/json.h"
#include "backend/base/mem.h"

#include <string.h>

#define FILES(X)                                                                                   \
    X(shapes)                                                                                      \
    X(stores)                                                                                      \
    X(statements)                                                                                  \
    X(organization)                                                                                \
    X(people)                                                                                      \
    X(prod_data)                                                                                   \
    X(prod_apps)                                                                                   \
    X(shared_backup)                                                                               \
    X(legacy)                                                                                      \
    X(sandbox)                                                                                     \
    X(audit)

#define X(name)                                                                                    \
    extern const unsigned char data_backend_demo_data_##name##_json[];                             \
    extern const size_t data_backend_demo_data_##name##_json_len;
FILES(X)
#undef X

enum file {
#define X(name) FILE_##name,
    FILES(X)
#undef X
        FILE_COUNT,
    FILE_FIRST_ACCOUNT = FILE_prod_data,
};

static enum err_code read_file(enum file file, cJSON **out, struct err *err)
{
    static const struct {
        const char *name;
        const unsigned char *bytes;
        const size_t *len;
    } files[] = {
#define X(name)                                                                                    \
    {#name, data_backend_demo_data_##name##_json, &data_backend_demo_data_##name##_json_len},
        FILES(X)
#undef X
    };
    enum err_code code = json_parse((const char *)files[file].bytes, *files[file].len, out, err);
    if (code != ERR_OK)
        err_prefix(err, "the demo's %s", files[file].name);
    return code;
}

/* The keys that AWS made stand in a list of their services; here they become keys like others, as
 * old as the account's use of the Region ("since"). */
static enum err_code add_managed_keys(const struct book *book, cJSON *region, struct err *err)
{
    const cJSON *services = cJSON_GetObjectItemCaseSensitive(region, "AwsManagedKeys");
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(book->shapes, "AwsManagedKeys");
    cJSON *keys = cJSON_GetObjectItemCaseSensitive(region, "Keys");
    if (services && !keys)
        keys = cJSON_AddArrayToObject(region, "Keys");
    const cJSON *service;
    cJSON_ArrayForEach(service, services)
    {
        const char *name = cJSON_IsString(service) ? service->valuestring : "?";
        cJSON *key = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(rows, name), true);
        if (!key || !cJSON_AddItemToArray(keys, key)) {
            cJSON_Delete(key);
            return err_set(err, ERR_PARSE, "the demo knows no AWS managed key of %s", name);
        }
        if (!cJSON_AddStringToObject(key, "created", book_text(region, "since", "now-700d")))
            return err_set(err, ERR_LIMIT, "memory ran out");
    }
    return ERR_OK;
}

static enum err_code add_account(struct book *book, enum file file, struct err *err)
{
    cJSON *account = NULL;
    enum err_code code = read_file(file, &account, err);
    if (code != ERR_OK)
        return code;
    book->accounts[book->n_accounts++] = account;
    cJSON *region;
    cJSON_ArrayForEach(region, cJSON_GetObjectItemCaseSensitive(account, "Regions"))
    {
        code = add_managed_keys(book, region, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code book_new(int64_t now_utc, struct book **out, struct err *err)
{
    struct book *book = mem_alloc(sizeof *book);
    book->now_utc = now_utc;
    enum err_code code = read_file(FILE_shapes, &book->shapes, err);
    if (code == ERR_OK)
        code = read_file(FILE_stores, &book->stores, err);
    if (code == ERR_OK)
        code = read_file(FILE_statements, &book->statements, err);
    if (code == ERR_OK)
        code = read_file(FILE_organization, &book->organization, err);
    if (code == ERR_OK)
        code = read_file(FILE_people, &book->people, err);
    for (int file = FILE_FIRST_ACCOUNT; code == ERR_OK && file < FILE_COUNT; file++)
        code = add_account(book, (enum file)file, err);
    if (code != ERR_OK) {
        book_free(book);
        book = NULL;
    }
    *out = book;
    return code;
}

void book_free(struct book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->n_accounts; i++)
        cJSON_Delete(book->accounts[i]);
    cJSON_Delete(book->people);
    cJSON_Delete(book->organization);
    cJSON_Delete(book->statements);
    cJSON_Delete(book->shapes);
    cJSON_Delete(book->stores);
    mem_free(book);
}

const char *book_text(const cJSON *object, const char *member, const char *fallback)
{
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsString(at) ? at->valuestring : fallback;
}

int64_t book_number(const cJSON *object, const char *member, int64_t fallback)
{
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsNumber(at) ? (int64_t)at->valuedouble : fallback;
}

static const cJSON *row_named(const cJSON *rows, const char *name)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        if (strcmp(book_text(row, "name", ""), name) == 0)
            return row;
    }
    return NULL;
}

const cJSON *book_region(const struct book *book, const char *region)
{
    return row_named(cJSON_GetObjectItemCaseSensitive(book->organization, "Regions"), region);
}

bool book_region_is_on(const struct book *book, const char *region)
{
    const cJSON *row = book_region(book, region);
    return row && strcmp(book_text(row, "opt_in", ""), "not-opted-in") != 0;
}

const char *book_account_id(const struct book *book, const char *name)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(book->organization, "Accounts");
    return book_text(row_named(rows, name), "id", NULL);
}

bool book_find(const struct book *book, const char *account, const char *region,
               struct book_place *out)
{
    for (size_t i = 0; i < book->n_accounts; i++) {
        const cJSON *file = book->accounts[i];
        const char *name = book_text(file, "Name", "");
        const char *id = book_account_id(book, name);
        if (!id || (strcmp(account, id) != 0 && strcmp(account, name) != 0))
            continue;
        const cJSON *regions = cJSON_GetObjectItemCaseSensitive(file, "Regions");
        *out = (struct book_place){.book = book,
                                   .account = file,
                                   .world = cJSON_GetObjectItemCaseSensitive(regions, region),
                                   .account_id = id,
                                   .account_name = name,
                                   .region = region};
        return true;
    }
    return false;
}

const cJSON *book_list(const struct book_place *place, const char *name)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(place->world, name);
    return cJSON_IsArray(list) ? list : NULL;
}

const cJSON *book_shape(const struct book *book, const char *name)
{
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(book->shapes, name);
    return shape ? shape : cJSON_GetObjectItemCaseSensitive(book->stores, name);
}
