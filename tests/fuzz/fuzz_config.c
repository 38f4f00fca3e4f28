/* Whatever is read, what --print-config makes of it reads back without a complaint to the same. */
#include "backend/config/config.h"

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
    struct settings *s, *again;
    struct err err = {0};
    struct buf first = {0}, second = {0};

    if (config_parse("keyfall.conf", (const char *)data, size, &s, &err) != ERR_OK)
        must(err.text[0] != '\0' && s->targets.n == 0);
    for (size_t i = 0; i < s->complaints.n; i++)
        must(strncmp(s->complaints.items[i], "keyfall.conf:", 13) == 0);
    config_print(s, &first);
    must(config_parse("printed", first.data, first.len, &again, &err) == ERR_OK);
    must(again->complaints.n == 0);
    config_print(again, &second);
    must(strcmp(first.data, second.data) == 0);
    buf_free(&first);
    buf_free(&second);
    settings_free(again);
    settings_free(s);
    return 0;
}
