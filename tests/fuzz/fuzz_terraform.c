/* A plan of Terraform's, as anybody may hand it over: it is read, or refused with a sentence; what is taken of it is
 * text. */
#include "backend/judge/terraform.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct terraform_plan plan;
    struct err err = {0};
    enum err_code code = terraform_read(arena, (const char *)data, size, &plan, &err);
    if ((code == ERR_OK) == (err.text[0] != '\0'))
        abort();
    for (size_t i = 0; code == ERR_OK && i < plan.changes.n; i++) {
        const struct terraform_change *c = &plan.changes.items[i];
        if (!c->address[0] || !c->words[0] || strlen(c->target) > size)
            abort();
        if ((c->does == TERRAFORM_ACTS) != (c->action[0] != '\0'))
            abort();
    }
    VEC_FREE(plan.changes);
    arena_free(arena);
    return 0;
}
