/* Which wizards fit a row of the estate, and what the row says of their inputs. */
#include "backend/change/change.h"

#include <string.h>

/* What rows stand for that no wizard is about itself. */
static const struct {
    enum kind kind;
    enum attr attr;
} subjects[] = {
    {KIND_ALIAS, ATTR_ALIAS_KEY},
    {KIND_EKM, ATTR_EKM_KEY},
    {KIND_CREDENTIAL, ATTR_CREDENTIAL_PARAMETER},
};

/* What rows say besides, and the inputs that it is for. */
static const struct {
    enum attr attr;
    const char *input;
} told[] = {
    {ATTR_EKM_PRODUCT, "product"},
    {ATTR_EKM_DRUVA_ACCOUNT, "druva_account"},
};

/* The node that a row stands for; 0: it is known of no such. */
static uint32_t stands_for(const struct generation *g, uint32_t node)
{
    struct record row;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (subjects[i].kind != node_kind(generation_estate(g), node) || !generation_record(g, node, &row))
            continue;
        struct value v = record_value(&row, subjects[i].attr);
        return v.is == VALUE_KNOWN ? v.node : 0;
    }
    return 0;
}

/* The record that wizards are about; an EKM key may be named by its alias. */
static uint32_t subject_of(const struct generation *g, uint32_t node)
{
    for (uint32_t next; (next = stands_for(g, node));)
        node = next;
    return node;
}

/* How many records of a kind hang on the node in that way. *one: the last. */
static size_t count_on(const struct generation *g, uint32_t node, const struct input *input, uint32_t *one)
{
    struct hang h = hang_on(g, node);
    struct record record;
    enum edge edge;
    size_t n = 0;
    while (hang_next(&h, &record, &edge))
        if (edge == input->by && record.kind == input->from) {
            *one = record.node;
            n++;
        }
    return n;
}

/* Takes the text if the input does: presets that it would refuse are none. */
static void preset(cJSON *presets, const struct input *input, const char *text)
{
    struct arena *arena = arena_new();
    char *value = mem_strdup(text);
    if (value[0] && !cJSON_HasObjectItem(presets, input->name) && !input_check(input, arena, value))
        cJSON_AddStringToObject(presets, input->name, value);
    mem_free(value);
    arena_free(arena);
}

/* Its ARN, or its name, whichever the input takes. */
static void preset_node(cJSON *presets, const struct input *input, const struct estate *estate, uint32_t node)
{
    struct buf arn = {0};
    node_arn(estate, node, &arn);
    preset(presets, input, arn.data ? arn.data : "");
    preset(presets, input, node_tail(estate, node));
    buf_free(&arn);
}

static void preset_told(cJSON *presets, const struct wizard *wizard, const struct record *row)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct value v = {.is = VALUE_ABSENT};
        if (attr_row(told[i].attr)->kind == row->kind)
            v = record_value(row, told[i].attr);
        for (size_t n = 0; v.is == VALUE_KNOWN && n < wizard->n_inputs; n++)
            if (strcmp(wizard->inputs[n].name, told[i].input) == 0)
                preset(presets, &wizard->inputs[n], v.text);
    }
}

/* Whether the subject, or what hangs on it, is what one of its inputs takes; that one is filled in, if it is one thing. */
static bool preset_subject(cJSON *presets, const struct wizard *wizard, const struct generation *g, uint32_t node)
{
    const struct estate *estate = generation_estate(g);
    struct record record;
    for (size_t i = 0; i < wizard->n_inputs; i++) {
        const struct input *input = &wizard->inputs[i];
        uint32_t one = node;
        bool is_it = input->from != KIND_NONE && input->from == node_kind(estate, node) &&
                     (!wizard->fits || (generation_record(g, node, &record) && wizard->fits(&record)));
        size_t n = is_it ? 1 : input->by != EDGE_NONE ? count_on(g, node, input, &one) : 0;
        if (n == 1)
            preset_node(presets, input, estate, one);
        if (n > 0)
            return true;
    }
    return false;
}

cJSON *wizard_presets(const struct wizard *wizard, const struct generation *g, uint32_t node)
{
    struct record row;
    cJSON *presets = cJSON_CreateObject();
    if (generation_record(g, node, &row) && preset_subject(presets, wizard, g, subject_of(g, node))) {
        preset_told(presets, wizard, &row);
        return presets;
    }
    cJSON_Delete(presets);
    return NULL;
}
