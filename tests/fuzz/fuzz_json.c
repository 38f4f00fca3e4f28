/* What the scan accepts, cJSON reads, and writing it again is accepted again. */
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct err err = {0};
    cJSON *tree = NULL;
    struct buf out = {0};

    enum err_code code = json_scan(text, size, &err);
    must(json_parse(text, size, &tree, NULL) == code);
    must((tree != NULL) == (code == ERR_OK));
    if (code == ERR_OK)
        must(text_is_utf8(text, size) && memchr(text, '\0', size) == NULL);
    else
        must(err.text[0] != '\0');
    cJSON_Delete(tree);

    /* Any bytes make an acceptable string, unless they hold a NUL. */
    json_add_string(&out, text, size);
    code = json_scan(out.data, out.len, NULL);
    must((code == ERR_OK) == (size == 0 || memchr(text, '\0', size) == NULL));
    buf_free(&out);
    return 0;
}
