#include "backend/change/make.h"

#include "backend/change/calls.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- inputs ------------------------------------------------------------------------------------------------------- */

const char *input_text(const struct making *m, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(m->inputs, name));
    return text ? text : "";
}

bool input_is(const struct making *m, const char *name, const char *value)
{
    return strcmp(input_text(m, name), value) == 0;
}

const cJSON *input_list(const struct making *m, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(m->inputs, name);
}

/* The text between the colons of an ARN. */
static const char *arn_field(struct making *m, const char *arn, int field)
{
    for (; field > 0 && arn; field--) {
        arn = strchr(arn, ':');
        arn = arn ? arn + 1 : NULL;
    }
    return arn ? arena_strndup(m->arena, arn, strcspn(arn, ":")) : "";
}

struct place arn_place(struct making *m, const char *arn)
{
    return (struct place){.account = arn_field(m, arn, 4), .region = arn_field(m, arn, 3)};
}

/* ---- facts -------------------------------------------------------------------------------------------------------- */

static const cJSON *find_fact(const cJSON *facts, const struct fact *fact, struct place at, const char *of)
{
    const cJSON *f;
    cJSON_ArrayForEach(f, facts) if (fact_is_about(f, fact->name, at.account, at.region, of)) return f;
    return NULL;
}

static cJSON *about(const struct fact *fact, struct place at, const char *of)
{
    cJSON *f = cJSON_CreateObject();
    cJSON_AddStringToObject(f, "fact", fact->name);
    cJSON_AddStringToObject(f, "account", at.account);
    cJSON_AddStringToObject(f, "region", at.region);
    cJSON_AddStringToObject(f, "of", of);
    return f;
}

static struct place place_for(const struct fact *fact, struct place at)
{
    return fact->is_global ? (struct place){at.account, ""} : at;
}

static bool wizard_sends(const struct wizard *w, enum op_id op)
{
    for (const enum op_id *o = w->ops; *o != OP_COUNT; o++)
        if (*o == op)
            return true;
    return false;
}

const cJSON *see_if_may(struct making *m, enum fact_id id, struct place at, const char *of)
{
    const struct fact *fact = fact_get(id);
    at = place_for(fact, at);
    if (!of[0] || !at.account[0]) /* follows from a fact that is not read yet */
        return NULL;
    const cJSON *found = find_fact(m->facts, fact, at, of);
    if (!wizard_sends(m->wizard, fact->op)) {
        refuse(m, "%s is nothing that this wizard may ask", op_get(fact->op)->id);
        return NULL;
    }
    if (!found && !find_fact(m->wanted, fact, at, of))
        cJSON_AddItemToArray(m->wanted, about(fact, at, of));
    if (found && !find_fact(m->observed, fact, at, of))
        cJSON_AddItemToArray(m->observed, cJSON_Duplicate(found, true));
    return found;
}

const cJSON *see(struct making *m, enum fact_id id, struct place at, const char *of)
{
    const cJSON *found = see_if_may(m, id, at, of);
    if (found && fact_unknown(found))
        refuse(m, "%s of %.200s in account %.12s cannot be read (%s), and without it this cannot be planned",
               op_get(fact_get(id)->op)->id, of, at.account, fact_unknown(found));
    return found;
}

void refuse(struct making *m, const char *fmt, ...)
{
    if (m->refusal.code != ERR_OK)
        return;
    char text[sizeof m->refusal.text];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)err_set(&m->refusal, ERR_REJECTED, "%s", text);
}

static void add_text(cJSON *array, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
static void add_text(cJSON *array, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    char *text = mem_alloc((size_t)(len < 0 ? 0 : len) + 1);
    (void)vsnprintf(text, (size_t)(len < 0 ? 0 : len) + 1, fmt, again);
    va_end(again);
    cJSON_AddItemToArray(array, cJSON_CreateString(text));
    mem_free(text);
}

void warn(struct making *m, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_text(m->warnings, fmt, args);
    va_end(args);
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

static cJSON *new_step(struct making *m, const char *kind, const char *title)
{
    cJSON *step = cJSON_CreateObject();
    cJSON_AddStringToObject(step, "kind", kind);
    cJSON_AddStringToObject(step, "title", title);
    cJSON_AddItemToArray(m->steps, step);
    return step;
}

cJSON *step_call(struct making *m, enum op_id op, struct place at, const char *target, const char *title)
{
    const struct change_call *call = change_call_get(op);
    cJSON *step = new_step(m, "call", title);
    if (!call || !wizard_sends(m->wizard, op))
        refuse(m, "%s is nothing that this wizard may send", op_get(op)->id);
    cJSON_AddStringToObject(step, "call", op_get(op)->id);
    cJSON_AddStringToObject(step, "account", at.account);
    cJSON_AddStringToObject(step, "region", at.region);
    cJSON_AddStringToObject(step, "target", target);
    cJSON_AddStringToObject(step, "cost", call ? call->cost : "");
    cJSON_AddStringToObject(step, "time", call ? call->time : "");
    cJSON_AddObjectToObject(step, "params");
    cJSON_AddArrayToObject(step, "before");
    cJSON_AddArrayToObject(step, "after");
    return step;
}

cJSON *step_human(struct making *m, const char *title, const char *where, const char *question, const char *answer)
{
    cJSON *step = new_step(m, "human", title);
    cJSON_AddStringToObject(step, "where", where);
    cJSON_AddArrayToObject(step, "lines");
    cJSON_AddStringToObject(step, "question", question);
    cJSON_AddStringToObject(step, "answer", answer);
    cJSON_AddArrayToObject(step, "after");
    return step;
}

cJSON *step_wait(struct making *m, const char *title, int within_s)
{
    cJSON *step = new_step(m, "wait", title);
    cJSON_AddArrayToObject(step, "after");
    step_within(step, within_s);
    return step;
}

void step_param(cJSON *step, const char *name, const char *value)
{
    step_param_json(step, name, cJSON_CreateString(value));
}

void step_param_json(cJSON *step, const char *name, cJSON *value)
{
    cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(step, "params"), name, value);
}

static void expect(cJSON *step, const char *when, const struct fact *fact, struct place at, const char *of, cJSON *is)
{
    cJSON *wanted = about(fact, place_for(fact, at), of);
    cJSON_AddItemToObject(wanted, is ? "is" : "absent", is ? is : cJSON_CreateTrue());
    cJSON *list = cJSON_GetObjectItemCaseSensitive(step, when);
    cJSON_AddItemToArray(list ? list : cJSON_AddArrayToObject(step, when), wanted);
}

void step_before(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is)
{
    expect(step, "before", fact_get(fact), at, of, is);
}

void step_after(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is)
{
    expect(step, "after", fact_get(fact), at, of, is);
}

void step_moves(cJSON *step, enum fact_id fact, struct place at, const char *of)
{
    expect(step, "moves", fact_get(fact), at, of, cJSON_CreateObject());
}

void step_fails(cJSON *step, enum fact_id fact, struct place at, const char *of, cJSON *is)
{
    expect(step, "fails", fact_get(fact), at, of, is);
}

void step_within(cJSON *step, int seconds)
{
    cJSON_AddNumberToObject(step, "within_s", seconds);
}

void step_gives(cJSON *step, const char *name, const char *path)
{
    cJSON_AddItemToObject(step, "gives", object_of("name", name, "path", path, NULL));
}

void step_begins(cJSON *step, const char *prefix)
{
    cJSON_AddStringToObject(step, "begins", prefix);
}

void step_or(cJSON *step, const char *answer)
{
    cJSON_AddStringToObject(step, "or", answer);
}

void step_wrong(cJSON *step, const char *why)
{
    cJSON_AddStringToObject(step, "wrong", why);
}

void step_line(cJSON *step, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_text(cJSON_GetObjectItemCaseSensitive(step, "lines"), fmt, args);
    va_end(args);
}

static void add_undo(cJSON *step, cJSON *undo)
{
    cJSON *all = cJSON_GetObjectItemCaseSensitive(step, "undo");
    all = all ? all : cJSON_AddArrayToObject(step, "undo");
    cJSON_AddItemToArray(all, undo);
}

void step_undo(cJSON *step, const char *call, cJSON *params)
{
    cJSON *undo = object_of("call", call, NULL);
    cJSON_AddItemToObject(undo, "params", params);
    add_undo(step, undo);
}

void step_undo_by_hand(cJSON *step, const char *text)
{
    add_undo(step, object_of("text", text, NULL));
}

void step_no_way_back(cJSON *step, const char *why)
{
    step_undo_by_hand(step, why);
    cJSON_AddTrueToObject(step, "no_way_back");
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

cJSON *object_of(const char *name, ...)
{
    cJSON *object = cJSON_CreateObject();
    va_list args;
    va_start(args, name);
    for (; name; name = va_arg(args, const char *))
        cJSON_AddStringToObject(object, name, va_arg(args, const char *));
    va_end(args);
    return object;
}

cJSON *array_of(const char *value, ...)
{
    cJSON *array = cJSON_CreateArray();
    va_list args;
    va_start(args, value);
    for (; value; value = va_arg(args, const char *))
        cJSON_AddItemToArray(array, cJSON_CreateString(value));
    va_end(args);
    return array;
}
