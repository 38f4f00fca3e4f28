#include "backend/change/wizards.h"

#include "backend/change/forms.h"

#include <string.h>

/* The last one makes each plan another, though it does the same: it may have to be done again next month. */
#define NONCE {.name = "nonce", .label = "", .help = "keyfall makes it", .form = form_nonce, .is_made = true}
#define INPUTS(...) .inputs = (const struct input[]){__VA_ARGS__, NONCE}, \
    .n_inputs = sizeof((const struct input[]){__VA_ARGS__, NONCE}) / sizeof(struct input)
#define OPS(...) .ops = (const enum op_id[]){__VA_ARGS__, OP_COUNT}

#define THE_KEY {.name = "key", .label = "Key", .form = form_key_arn, .from = KIND_KEY, \
    .help = "the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID"}

static const struct wizard wizards[] = {
    {
        .name = "rescue",
        .title = "Rescue a key: cancel its deletion, enable it",
        .what = "a key that is disabled or will be deleted works again, and what fell with it is named",
        INPUTS(THE_KEY),
        .fits = fits_rescue,
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_CANCEL_KEY_DELETION, OP_KMS_ENABLE_KEY),
        .make = make_rescue,
    },
};

const struct wizard *wizard_at(size_t i)
{
    return i < sizeof wizards / sizeof *wizards ? &wizards[i] : NULL;
}

const struct wizard *wizard_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof wizards / sizeof *wizards; i++)
        if (strcmp(wizards[i].name, name) == 0)
            return &wizards[i];
    return NULL;
}

const struct input *wizard_fits(const struct wizard *wizard, const struct record *record)
{
    for (size_t i = 0; i < wizard->n_inputs; i++)
        if (wizard->inputs[i].from != KIND_NONE && wizard->inputs[i].from == record->kind &&
            (!wizard->fits || wizard->fits(record)))
            return &wizard->inputs[i];
    return NULL;
}
