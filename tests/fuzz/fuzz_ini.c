/* Whatever is read, every entry is a clean string that can be found again. */
#include "backend/base/ini.h"
#include "backend/base/mem.h"

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
    struct ini ini;
    struct err err = {0};

    if (ini_parse("config", (const char *)data, size, &ini, &err) != ERR_OK) {
        must(err.text[0] != '\0' && ini.entries == NULL);
        return 0;
    }
    for (size_t i = 0; i < ini.n && i < 100; i++) {
        const struct ini_entry *e = &ini.entries[i];
        must(e->key[0] != '\0' && e->line > 0 && e->column > 0);
        must(ini_get(&ini, e->section, e->key) == e->value);
        must(e->section[0] == '\0' || ini_has_section(&ini, e->section));
        mem_free(ini_get_nested(&ini, e->section, e->key, "endpoint_url"));
    }
    ini_free(&ini);
    return 0;
}
