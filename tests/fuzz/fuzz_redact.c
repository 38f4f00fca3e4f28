/* Whatever a name holds, its length stays and none of its letters; a policy without names says of nobody what it said:
 * as many statements, with the same effects. */
#include "backend/estate/model.h"
#include "backend/policy/document.h"
#include "backend/redact/redact.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rename names = {{UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)}};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_ascii(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 0x80)
            return false;
    return true;
}

static void check_text(const uint8_t *data, size_t size, struct buf *out)
{
    struct buf word = {0};
    redact_text(&names, (const char *)data, size, out);
    must(is_ascii((const uint8_t *)out->data, out->len));
    must(out->len >= size / 4 && (!is_ascii(data, size) || out->len == size));
    rename_word(&names, (const char *)data, size, &word);
    must(word.len == size);
    buf_free(&word);
}

static void check_policy(struct arena *arena, const uint8_t *data, size_t size, struct buf *out)
{
    const struct policy *was, *is;
    struct err err = {0};
    redact_document(&names, (const char *)data, size, out);
    if (policy_parse(arena, (const char *)data, size, &was, &err) != ERR_OK)
        return;
    must(policy_parse(arena, out->data, out->len, &is, &err) == ERR_OK && is->n == was->n);
    for (size_t i = 0; i < was->n; i++) {
        must(is->statements[i].effect == was->statements[i].effect);
        must(is->statements[i].n_principals == was->statements[i].n_principals);
        must(is->statements[i].actions.n == was->statements[i].actions.n);
        must(is->statements[i].n_conditions == was->statements[i].n_conditions);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct arena *arena = arena_new();
    struct buf text = {0}, document = {0};
    if (!is_ready)
        model_init();
    is_ready = true;
    check_text(data, size, &text);
    check_policy(arena, data, size, &document);
    buf_free(&text);
    buf_free(&document);
    arena_free(arena);
    return 0;
}
