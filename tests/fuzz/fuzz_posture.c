/* A posture file, or (after the byte 'L') one slice with its times, or (after 'C') a CSV of an earlier posture. What
 * is read is judged and written again, and what was written says the same; what is refused says why. */
#include "backend/base/bytes.h"
#include "backend/base/csv.h"
#include "backend/estate/pack.h"
#include "backend/judge/judge.h"
#include "backend/store/posture.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1787000000)

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void write_file(const struct generation *g, struct posture_past *past, const struct buf *summary, char **file,
                       size_t *len)
{
    struct judgement *j = judge(g, NOW);
    struct past told = posture_past_told(past);
    struct err err = {0};
    judgement_remember(j, &told);
    FILE *out = open_memstream(file, len);
    must(out && posture_write(out, j, summary->data, summary->len, &err) == ERR_OK && fclose(out) == 0);
    judgement_free(j);
}

/* Written and read again it is the same, byte for byte the second time. */
static void write_again(const struct generation *g, struct posture_past *past, const struct buf *summary)
{
    char *first = NULL, *second = NULL;
    size_t first_len = 0, second_len = 0;
    struct estate *e = estate_new();
    struct posture_past *own_past = posture_past_new(e);
    struct buf own = {0};
    struct err err = {0};
    write_file(g, past, summary, &first, &first_len);
    FILE *in = fmemopen(first, first_len, "r");
    must(in && posture_read(in, e, own_past, &own, &err) == ERR_OK);
    (void)fclose(in);
    const struct generation *again = estate_acquire(e);
    write_file(again, own_past, &own, &second, &second_len);
    must(first_len == second_len && memcmp(first, second, first_len) == 0);
    generation_release(again);
    posture_past_free(own_past);
    buf_free(&own);
    estate_free(e);
    free(first);
    free(second);
}

static void try_file(const char *data, size_t size)
{
    struct estate *e = estate_new();
    struct posture_past *past = posture_past_new(e);
    struct buf summary = {0};
    struct err err = {0};
    FILE *in = fmemopen((void *)data, size, "r");
    if (in && posture_read(in, e, past, &summary, &err) == ERR_OK) {
        const struct generation *g = estate_acquire(e);
        buf_adds(&summary, "");
        write_again(g, past, &summary);
        generation_release(g);
    } else {
        must(!in || err.text[0] != '\0');
    }
    if (in)
        (void)fclose(in);
    posture_past_free(past);
    buf_free(&summary);
    estate_free(e);
}

static const char *any_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], size_t *len)
{
    (void)ctx;
    (void)digest;
    *len = 2;
    return "{}";
}

static void try_slice(const char *data, size_t size)
{
    struct estate *e = estate_new();
    struct unpack_hooks hooks = {.doc = any_doc, .max_records = 1000};
    struct unpacker *u = NULL;
    struct buf model = {0};
    struct err err = {0};
    size_t len;
    struct bytes_in in = bytes_in(data, size);
    pack_model(&model);
    must(unpacker_new(e, &hooks, model.data, model.len, &u, &err) == ERR_OK);
    const char *content = bytes_text(&in, &len);
    if (!in.is_bad && unpack_slice(u, content, len, in.at, bytes_left(&in), &err) == ERR_OK) {
        (void)estate_publish(e);
        const struct generation *g = estate_acquire(e);
        struct posture_past *past = posture_past_new(e);
        struct buf summary = {0};
        buf_adds(&summary, "{}");
        write_again(g, past, &summary);
        buf_free(&summary);
        posture_past_free(past);
        generation_release(g);
    }
    unpacker_free(u);
    buf_free(&model);
    estate_free(e);
}

static void try_csv(const char *data, size_t size)
{
    struct csv_table table;
    struct err err = {0};
    FILE *in = fmemopen((void *)data, size, "r");
    if (!in)
        return;
    if (csv_read(in, &table, &err) == ERR_OK)
        for (size_t r = 0; r < table.n_rows; r++)
            for (size_t c = 0; c < table.n_columns; c++)
                (void)strlen(csv_at(&table, r, c));
    else
        must(err.text[0] != '\0');
    csv_table_free(&table);
    (void)fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    if (!is_ready)
        model_init();
    is_ready = true;
    const char *bytes = (const char *)data;
    if (size > 1 && bytes[0] == 'L')
        try_slice(bytes + 1, size - 1);
    else if (size > 1 && bytes[0] == 'C')
        try_csv(bytes + 1, size - 1);
    else
        try_file(bytes, size);
    return 0;
}
