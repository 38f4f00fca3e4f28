#include "backend/change/plan.h"

#include "backend/aws/endpoint.h"
#include "backend/base/digest.h"
#include "backend/base/json.h"
#include "backend/change/desk.h"
#include "backend/change/input.h"
#include "backend/change/make.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

#define MAX_ROUNDS 40 /* of facts that hang on facts */
#define NONCE_BYTES 16
#define PARTITION_SIZE 24

const char *json_text(const cJSON *object, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
    return text ? text : "";
}

/* ---- inputs ------------------------------------------------------------------------------------------------------- */

const char *input_check(const struct input *input, struct arena *arena, char *value)
{
    if (!value[0])
        return input->is_optional ? NULL : "is missing";
    if (strstr(value, "${keyfall:"))
        return "holds ${keyfall:, which stands for what a plan makes";
    return input->form(arena, value);
}

static enum err_code wrong_input(const struct input *input, const char *value, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s%s%.60s%s %s; %s", input->name, value[0] ? " \"" : "", value,
                   value[0] ? "\"" : "", why, input->help);
}

static enum err_code check_one(const struct input *input, const char *given, char **out, struct err *err)
{
    struct arena *arena = arena_new();
    char *value = mem_strdup(given);
    enum err_code code = ERR_OK;
    const char *why = input_check(input, arena, value);
    if (why)
        code = wrong_input(input, given, why, err);
    arena_free(arena);
    *out = value;
    return code;
}

static bool has_item(const cJSON *list, const char *text)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list) if (strcmp(one->valuestring, text) == 0) return true;
    return false;
}

/* Texts joined with commas, or an array of them as a plan has it. */
static enum err_code check_list(const struct input *input, const cJSON *given, cJSON *out, struct err *err)
{
    enum err_code code = ERR_OK;
    const char *text = cJSON_GetStringValue(given);
    struct buf joined = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, given)
        buf_printf(&joined, "%s%s", joined.len ? "," : "", cJSON_IsString(item) ? item->valuestring : "?");
    text = text ? text : joined.data ? joined.data : "";
    if (!text[0] && !input->is_optional)
        code = wrong_input(input, "", "is missing", err);
    const char *all = text;
    while (*text && code == ERR_OK) {
        size_t len = strcspn(text, ",");
        char *one = mem_strndup(text, len), *mended = NULL;
        code = len > 0 ? check_one(input, one, &mended, err) : wrong_input(input, all, INPUT_NO_ITEM, err);
        if (code == ERR_OK && has_item(out, mended))
            code = wrong_input(input, mended, "is named twice", err);
        if (code == ERR_OK && mended[0])
            cJSON_AddItemToArray(out, cJSON_CreateString(mended));
        mem_free(one);
        mem_free(mended);
        text += len + (text[len] == ',');
    }
    buf_free(&joined);
    return code;
}

/* A name that a created thing is found again by, if the answer to its making is lost. */
static void make_nonce(char out[2 * NONCE_BYTES + 1])
{
    unsigned char bytes[NONCE_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static enum err_code check_input(const struct input *input, const cJSON *given, cJSON *out, struct err *err)
{
    char nonce[2 * NONCE_BYTES + 1], *mended = NULL;
    if (input->is_list)
        return check_list(input, given, cJSON_AddArrayToObject(out, input->name), err);
    const char *text = cJSON_GetStringValue(given);
    if (given && !text)
        return wrong_input(input, "", "is no text", err);
    if (!text && input->is_made) {
        make_nonce(nonce);
        text = nonce;
    }
    text = text ? text : input->preset ? input->preset : "";
    enum err_code code = check_one(input, text, &mended, err);
    cJSON_AddStringToObject(out, input->name, mended);
    mem_free(mended);
    return code;
}

static const struct input *input_named(const struct wizard *w, const char *name)
{
    for (size_t i = 0; i < w->n_inputs; i++)
        if (strcmp(w->inputs[i].name, name) == 0)
            return &w->inputs[i];
    return NULL;
}

/* The partition of an ARN or a Region; "": it is neither. */
static void partition_of_value(const struct input *input, const char *value, char out[PARTITION_SIZE])
{
    const char *region = input->form == input_region ? endpoint_partition(value) : NULL;
    out[0] = '\0';
    if (strncmp(value, "arn:", 4) == 0)
        (void)snprintf(out, PARTITION_SIZE, "%.*s", (int)strcspn(value + 4, ":"), value + 4);
    else if (region)
        (void)snprintf(out, PARTITION_SIZE, "%s", region);
}

/* All lie in one partition: this one, or with "" that of the first which has one. */
static enum err_code check_partitions(const struct wizard *w, const cJSON *inputs, const char *partition, struct err *err)
{
    char wanted[PARTITION_SIZE], found[PARTITION_SIZE];
    (void)snprintf(wanted, sizeof wanted, "%s", partition);
    for (size_t i = 0; i < w->n_inputs; i++) {
        const cJSON *given = cJSON_GetObjectItemCaseSensitive(inputs, w->inputs[i].name);
        const cJSON *one = cJSON_IsArray(given) ? given->child : given;
        for (; one; one = cJSON_IsArray(given) ? one->next : NULL) {
            partition_of_value(&w->inputs[i], one->valuestring, found);
            if (!wanted[0])
                (void)snprintf(wanted, sizeof wanted, "%s", found);
            if (found[0] && strcmp(found, wanted) != 0)
                return err_set(err, ERR_USAGE, "%s \"%.120s\" lives in another AWS partition, %s and not %s: nothing is "
                                               "shared between the two", w->inputs[i].name, one->valuestring, found, wanted);
        }
    }
    return ERR_OK;
}

/* Whether somebody gave it: a preset stands there by itself. */
static bool is_given(const struct input *input, const cJSON *inputs)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(inputs, input->name);
    const char *text = cJSON_GetStringValue(value);
    return cJSON_IsArray(value) ? value->child != NULL : text[0] && (!input->preset || strcmp(text, input->preset) != 0);
}

/* What would be dropped for another input is refused instead: who gave it counts on it. */
static enum err_code check_pairs(const struct wizard *w, const cJSON *inputs, struct err *err)
{
    for (size_t i = 0; i < w->n_inputs; i++) {
        const struct input *input = &w->inputs[i];
        if (input->not_with && is_given(input, inputs) && is_given(input_named(w, input->not_with), inputs))
            return err_set(err, ERR_USAGE, "%s does not go with %s, beside which it would do nothing: leave one of the two out",
                           input->name, input->not_with);
    }
    return ERR_OK;
}

/* What is given is for people to give: what keyfall makes stands in its own plans alone. */
static enum err_code check_names(const struct wizard *w, const cJSON *given, bool is_plan, struct err *err)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, given)
    {
        const struct input *input = input_named(w, one->string);
        if (!input || (input->is_made && !is_plan)) {
            struct buf names = {0};
            for (size_t i = 0; i < w->n_inputs; i++)
                if (!w->inputs[i].is_made)
                    buf_printf(&names, "%s%s", names.len ? ", " : "", w->inputs[i].name);
            (void)err_set(err, ERR_USAGE, "%s takes no \"%.60s\", only %s", w->name, one->string, names.data);
            buf_free(&names);
            return ERR_USAGE;
        }
    }
    return ERR_OK;
}

/* is_plan: they stand in a plan that keyfall made. */
static enum err_code check_inputs(const struct wizard *w, const cJSON *given, bool is_plan, cJSON *out, struct err *err)
{
    enum err_code code = check_names(w, given, is_plan, err);
    for (size_t i = 0; i < w->n_inputs && code == ERR_OK; i++)
        code = check_input(&w->inputs[i], cJSON_GetObjectItemCaseSensitive(given, w->inputs[i].name), out, err);
    if (code == ERR_OK)
        code = check_partitions(w, out, "", err);
    return code == ERR_OK ? check_pairs(w, out, err) : code;
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

static enum err_code put_id(cJSON *plan, struct err *err)
{
    unsigned char digest[DIGEST_BYTES];
    char id[DIGEST_HEX_SIZE], *text = cJSON_PrintUnformatted(plan);
    bool is_made = digest_of(text, strlen(text), digest);
    if (is_made) {
        digest_hex(digest, id);
        cJSON_AddStringToObject(plan, "id", id);
    }
    cJSON_free(text);
    return is_made ? ERR_OK : err_set(err, ERR_UNSUPPORTED, "libcrypto gives no SHA-256");
}

static void making_begin(struct making *m, const struct wizard *wizard, const cJSON *inputs, const cJSON *facts)
{
    *m = (struct making){.wizard = wizard,
                         .arena = arena_new(),
                         .inputs = inputs,
                         .facts = facts,
                         .wanted = cJSON_CreateArray(),
                         .observed = cJSON_CreateArray(),
                         .warnings = cJSON_CreateArray(),
                         .steps = cJSON_CreateArray(),
                         .phrase = ""};
}

static void making_end(struct making *m)
{
    cJSON_Delete(m->wanted);
    cJSON_Delete(m->observed);
    cJSON_Delete(m->warnings);
    cJSON_Delete(m->steps);
    arena_free(m->arena);
}

/* Takes what was made. */
static struct plan *plan_of(struct making *m, const cJSON *inputs)
{
    struct plan *plan = mem_alloc(sizeof *plan);
    cJSON *json = cJSON_CreateObject();
    plan->wizard = m->wizard;
    plan->json = json;
    cJSON_AddStringToObject(json, "schema", PLAN_SCHEMA);
    cJSON_AddStringToObject(json, "wizard", m->wizard->name);
    cJSON_AddStringToObject(json, "title", m->wizard->title);
    cJSON_AddStringToObject(json, "phrase", m->phrase);
    cJSON_AddItemToObject(json, "inputs", cJSON_Duplicate(inputs, true));
    cJSON_AddItemToObject(json, "observed", m->observed);
    cJSON_AddItemToObject(json, "warnings", m->warnings);
    cJSON_AddItemToObject(json, "steps", m->steps);
    m->observed = m->warnings = m->steps = NULL;
    return plan;
}

static void plan_index(struct plan *plan)
{
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(plan->json, "steps"), *step;
    plan->params = mem_alloc_array((size_t)cJSON_GetArraySize(steps) + 1, sizeof *plan->params);
    cJSON_ArrayForEach(step, steps)
    {
        const cJSON *params = cJSON_GetObjectItemCaseSensitive(step, "params");
        char *text = params ? cJSON_Print(params) : NULL;
        plan->params[plan->n_steps++] = mem_strdup(text ? text : "");
        cJSON_free(text);
    }
}

/* One try with the facts that there are: *out, or *wanted what else must be read (the caller's), or an error. */
static enum err_code try_make(const struct wizard *wizard, const cJSON *inputs, const cJSON *facts, struct plan **out,
                              cJSON **wanted, struct err *err)
{
    struct making m;
    enum err_code code = ERR_OK;
    making_begin(&m, wizard, inputs, facts);
    wizard->make(&m);
    if (m.wanted->child) {
        *wanted = m.wanted;
        m.wanted = NULL;
    } else if (m.refusal.code != ERR_OK) {
        *err = m.refusal;
        code = err->code;
    } else {
        *out = plan_of(&m, inputs);
        code = put_id((*out)->json, err);
        plan_index(*out);
    }
    making_end(&m);
    return code;
}

/* What is refused although nothing was read yet, the inputs alone are wrong for. */
enum err_code wizard_check(const struct wizard *wizard, const cJSON *inputs, struct err *err)
{
    cJSON *mended = cJSON_CreateObject(), *nothing = cJSON_CreateArray(), *wanted = NULL;
    struct plan *plan = NULL;
    enum err_code code = check_inputs(wizard, inputs, false, mended, err);
    if (code == ERR_OK)
        code = try_make(wizard, mended, nothing, &plan, &wanted, err);
    if (code == ERR_REJECTED)
        code = err->code = ERR_USAGE;
    plan_free(plan);
    cJSON_Delete(wanted);
    cJSON_Delete(nothing);
    cJSON_Delete(mended);
    return code;
}

enum err_code plan_make(struct desk *desk, const struct wizard *wizard, const cJSON *given, struct plan **out,
                        struct err *err)
{
    cJSON *inputs = cJSON_CreateObject(), *facts = cJSON_CreateArray();
    *out = NULL;
    enum err_code code = check_inputs(wizard, given, false, inputs, err);
    if (code == ERR_OK)
        code = check_partitions(wizard, inputs, desk_partition(desk), err);
    for (int round = 0; code == ERR_OK && !*out; round++) {
        cJSON *wanted = NULL;
        if (round == MAX_ROUNDS)
            code = err_set(err, ERR_LIMIT, "%s never knows enough", wizard->name);
        else
            code = try_make(wizard, inputs, facts, out, &wanted, err);
        if (code == ERR_OK && wanted)
            code = desk_read(desk, wanted, err);
        while (wanted && wanted->child)
            cJSON_AddItemToArray(facts, cJSON_DetachItemFromArray(wanted, 0));
        cJSON_Delete(wanted);
    }
    cJSON_Delete(inputs);
    cJSON_Delete(facts);
    return code;
}

/* ---- a saved one ---------------------------------------------------------------------------------------------------- */

/* The first member that is not as it was made, for people. */
static void name_difference(const cJSON *made, const cJSON *read, const char *where, struct buf *out)
{
    const cJSON *a, *b;
    int i = 0;
    cJSON_ArrayForEach(a, read)
    {
        b = cJSON_IsArray(read) ? cJSON_GetArrayItem(made, i) : cJSON_GetObjectItemCaseSensitive(made, a->string);
        if (b && cJSON_Compare(a, b, true)) {
            i++;
            continue;
        }
        char *at = cJSON_IsArray(read) ? mem_printf("%s[%d]", where, i)
                                       : mem_printf("%s%s%.80s", where, where[0] ? "." : "", a->string);
        if (b && (cJSON_IsObject(a) || cJSON_IsArray(a)))
            name_difference(b, a, at, out);
        else if (out->len == 0)
            buf_adds(out, at);
        mem_free(at);
        return;
    }
    if (out->len == 0)
        buf_printf(out, "%s, where something is missing", where[0] ? where : "the plan");
}

static enum err_code differs(const cJSON *made, const cJSON *read, struct err *err)
{
    struct buf where = {0};
    name_difference(made, read, "", &where);
    (void)err_set(err, ERR_REJECTED, "the plan was altered: it is not what its inputs and facts make, at %.200s",
                  where.data);
    buf_free(&where);
    return ERR_REJECTED;
}

static enum err_code remake(const cJSON *read, const struct wizard *wizard, struct plan **out, struct err *err)
{
    cJSON *inputs = cJSON_CreateObject(), *wanted = NULL;
    enum err_code code = check_inputs(wizard, cJSON_GetObjectItemCaseSensitive(read, "inputs"), true, inputs, err);
    if (code == ERR_OK)
        code = try_make(wizard, inputs, cJSON_GetObjectItemCaseSensitive(read, "observed"), out, &wanted, err);
    if (code != ERR_OK)
        err_prefix(err, "the plan was altered");
    else if (wanted)
        code = err_set(err, ERR_REJECTED, "the plan was altered: it lacks what was observed of %s %.200s",
                       json_text(wanted->child, "fact"), json_text(wanted->child, "of"));
    else if (!cJSON_Compare((*out)->json, read, true))
        code = differs((*out)->json, read, err);
    cJSON_Delete(wanted);
    cJSON_Delete(inputs);
    return code;
}

enum err_code plan_read(const char *text, size_t len, struct plan **out, struct err *err)
{
    cJSON *read = NULL;
    *out = NULL;
    enum err_code code = json_parse(text, len, &read, err);
    if (code != ERR_OK)
        return code;
    const struct wizard *wizard = wizard_by_name(json_text(read, "wizard"));
    if (strcmp(json_text(read, "schema"), PLAN_SCHEMA) != 0)
        code = err_set(err, ERR_REJECTED, "this is no plan of keyfall: its schema is not %s", PLAN_SCHEMA);
    else if (!wizard)
        code = err_set(err, ERR_REJECTED, "there is no wizard \"%.60s\"", json_text(read, "wizard"));
    else
        code = remake(read, wizard, out, err);
    cJSON_Delete(read);
    if (code != ERR_OK) {
        plan_free(*out);
        *out = NULL;
    }
    return code;
}

void plan_write(const struct plan *plan, struct buf *out)
{
    char *text = cJSON_Print(plan->json);
    buf_adds(out, text);
    buf_addc(out, '\n');
    cJSON_free(text);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_steps; i++)
        mem_free(plan->params[i]);
    mem_free(plan->params);
    cJSON_Delete(plan->json);
    mem_free(plan);
}

/* ---- what it says ---------------------------------------------------------------------------------------------------- */

const struct wizard *plan_wizard(const struct plan *plan)
{
    return plan->wizard;
}

const char *plan_id(const struct plan *plan)
{
    return json_text(plan->json, "id");
}

const char *plan_phrase(const struct plan *plan)
{
    return json_text(plan->json, "phrase");
}

const char *plan_title(const struct plan *plan)
{
    return json_text(plan->json, "title");
}

const cJSON *plan_inputs(const struct plan *plan)
{
    return cJSON_GetObjectItemCaseSensitive(plan->json, "inputs");
}

static const cJSON *warnings_of(const struct plan *plan)
{
    return cJSON_GetObjectItemCaseSensitive(plan->json, "warnings");
}

size_t plan_warnings(const struct plan *plan)
{
    return (size_t)cJSON_GetArraySize(warnings_of(plan));
}

const char *plan_warning(const struct plan *plan, size_t i)
{
    return cJSON_GetStringValue(cJSON_GetArrayItem(warnings_of(plan), (int)i));
}

size_t plan_steps(const struct plan *plan)
{
    return plan->n_steps;
}

const cJSON *plan_step_json(const struct plan *plan, size_t i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(plan->json, "steps"), (int)i);
}

struct step_view plan_step(const struct plan *plan, size_t i)
{
    const cJSON *s = plan_step_json(plan, i);
    const char *kind = json_text(s, "kind");
    return (struct step_view){.kind = kind[0] == 'c' ? STEP_CALL : kind[0] == 'h' ? STEP_HUMAN : STEP_WAIT,
                              .title = json_text(s, "title"),
                              .account = json_text(s, "account"),
                              .region = json_text(s, "region"),
                              .call = json_text(s, "call"),
                              .target = json_text(s, "target"),
                              .params = plan->params[i],
                              .cost = json_text(s, "cost"),
                              .time = json_text(s, "time"),
                              .gives = json_text(cJSON_GetObjectItemCaseSensitive(s, "gives"), "name"),
                              .where = json_text(s, "where"),
                              .question = json_text(s, "question"),
                              .has_no_way_back = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(s, "no_way_back")),
                              .lines = cJSON_GetObjectItemCaseSensitive(s, "lines"),
                              .diff = cJSON_GetObjectItemCaseSensitive(s, "diff")};
}
