#include "backend/cli/access_batch.h"
#include "backend/cli/access_who.h"
#include "backend/cli/target.h"
#include "backend/cli/verb.h"

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/judge/ask_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a user of a key does with it, where no action is named. */
static const char *const use_actions[] = {"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", NULL};

enum err_code access_verb_check(const struct cli_options *o, struct err *err)
{
    if (o->is_batch && (o->key || o->principal || o->policy_file))
        return err_set(err, ERR_USAGE, "--batch takes its questions from standard input, and nothing else");
    if (!o->is_batch && !o->key)
        return err_set(err, ERR_USAGE, "access to which key? keyfall access --key alias/prod-backup "
                       "--principal ARN; or --batch < questions.jsonl");
    if ((o->is_flows || o->is_prevent) && (o->is_batch || (o->is_flows && o->is_prevent) || o->principal || o->action || o->policy_file || o->context))
        return err_set(err, ERR_USAGE, "--flows and --prevent ask of everybody: each takes --key alone");
    if (o->is_diff && !o->policy_file)
        return err_set(err, ERR_USAGE, "--diff compares the key's policy with that of --policy-file");
    if (o->format && strcmp(o->format, "text") != 0 && strcmp(o->format, "json") != 0)
        return err_set(err, ERR_USAGE, "--format \"%.80s\" is none of text and json", o->format);
    return ERR_OK;
}

/* ---- one row: a principal and an action, by the policy that is there and by the one that may come ------------- */

struct row {
    const char *principal, *action;
    struct access_result now, then;
    bool has_then;
};

struct asking {
    const struct answer *a;
    struct arena *arena;
    uint32_t key;
    struct access_desk *desk;
    const struct policy *instead; /* --policy-file; NULL */
    const char *unseen;           /* of what says who there is */
    VEC(struct row) rows;
};

static enum err_code ask(struct asking *k, const char *principal, const char *action, struct err *err)
{
    struct access_question q = {.key = k->key, .principal = principal, .action = action,
                                .context = k->a->options->context};
    struct row row = {.principal = principal, .action = action};
    enum err_code code = access_desk_ask(k->desk, &q, &row.now, err);
    if (code == ERR_OK && k->instead) {
        q.instead = k->instead;
        row.has_then = true;
        code = access_desk_ask(k->desk, &q, &row.then, err);
    }
    bool is_wanted = code == ERR_OK && (!k->a->options->is_diff || row.now.verdict != row.then.verdict);
    if (is_wanted) {
        VEC_PUSH(k->rows, row);
    } else {
        access_result_free(&row.now);
        access_result_free(&row.then);
    }
    return code;
}

static enum err_code ask_all(struct asking *k, struct err *err)
{
    const struct cli_options *o = k->a->options;
    size_t n = 1;
    k->desk = access_desk_new(k->a->judgement, k->arena, k->key);
    const char *const one[] = {o->action, NULL};
    const char *const *actions = o->action ? one : use_actions;
    const char *const *who = &o->principal;
    if (!o->principal)
        who = judge_possible_users(k->a->judgement, k->arena, k->key, &n);
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < n && code == ERR_OK; i++)
        for (const char *const *action = actions; *action && code == ERR_OK; action++)
            code = ask(k, who[i], *action, err);
    return code;
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static void add_clean(struct buf *out, const char *text)
{
    text_clean(out, text, strlen(text), 400, false);
}

static void add_step(struct buf *out, const struct access_step *step)
{
    struct buf text = {0};
    access_step_text(step, &text);
    add_clean(out, text.data);
    buf_free(&text);
}

static void add_verdict(struct buf *out, const struct access_result *r)
{
    buf_adds(out, verdict_name(r->verdict));
    if (r->verdict == VERDICT_UNKNOWN && r->unknown_because.n > 0) {
        buf_adds(out, ": hangs on ");
        add_clean(out, r->unknown_because.items[0]);
    }
}

/* Each statement, and why it applies or not: for one question. */
static void explain(const struct access_result *r, FILE *out)
{
    static const char *const elements[] = {"", "Principal", "Action", "Resource", "Condition"};
    static const char *const words[] = {"does not apply", "may apply", "applies"};
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct access_step *step = &r->steps.items[i];
        struct buf line = {0};
        add_step(&line, step);
        buf_printf(&line, ": %s%s", step->is_allow ? "Allow " : step->statement ? "Deny " : "",
                   words[step->applies]);
        if (step->element != ELEMENT_ALL) {
            buf_printf(&line, ", %s", elements[step->element]);
            if (step->detail[0]) {
                buf_addc(&line, ' ');
                add_clean(&line, step->detail);
            }
        }
        (void)fprintf(out, "  %s\n", line.data);
        buf_free(&line);
    }
}

/* Bad is a denial of the one who was asked about; of many, nothing is. */
static int status_of(const struct asking *k)
{
    int status = k->a->is_cut_short || k->unseen[0] ? CLI_BLIND : CLI_DONE;
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct row *row = &k->rows.items[i];
        enum verdict v = row->has_then ? row->then.verdict : row->now.verdict;
        if (k->a->options->principal && v != VERDICT_ALLOWED && v != VERDICT_UNKNOWN)
            return CLI_BAD;
        if (v == VERDICT_UNKNOWN)
            status = CLI_BLIND;
    }
    return status;
}

static void write_text(const struct asking *k, FILE *out)
{
    struct buf label = {0};
    target_label(k->a->generation, k->key, &label);
    (void)fprintf(out, "%s\n", label.data ? label.data : "");
    buf_free(&label);
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct row *row = &k->rows.items[i];
        struct buf line = {0};
        add_clean(&line, row->principal);
        buf_printf(&line, "  %s  ", row->action);
        add_verdict(&line, &row->now);
        if (row->has_then) {
            buf_adds(&line, "  ->  ");
            add_verdict(&line, &row->then);
        }
        (void)fprintf(out, "%s\n", line.data);
        buf_free(&line);
        if (k->a->options->principal)
            explain(row->has_then ? &row->then : &row->now, out);
    }
    if (k->rows.n == 0)
        (void)fputs(k->a->options->is_diff ? "nothing changes for anybody who is known\n" : "nobody is known\n", out);
    if (k->unseen[0])
        (void)fprintf(out, "not read, so there may be more: %s\n", k->unseen);
}

static void add_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "\"%s\":", name);
    json_add_string(out, value, strlen(value));
}

static void add_reasons(struct buf *out, const struct access_result *r)
{
    buf_adds(out, ",\"decided_by\":[");
    for (size_t i = 0; i < r->decided_by.n; i++) {
        struct buf step = {0};
        add_step(&step, &r->decided_by.items[i]);
        buf_adds(out, i > 0 ? "," : "");
        json_add_string(out, step.data, step.len);
        buf_free(&step);
    }
    buf_adds(out, "],\"unknown_because\":[");
    for (size_t i = 0; i < r->unknown_because.n; i++) {
        buf_adds(out, i > 0 ? "," : "");
        json_add_string(out, r->unknown_because.items[i], strlen(r->unknown_because.items[i]));
    }
    buf_addc(out, ']');
}

static void write_json(const struct asking *k, FILE *out)
{
    struct buf line = {0}, arn = {0};
    node_arn(generation_estate(k->a->generation), k->key, &arn);
    buf_adds(&line, "{\"schema\":\"keyfall.access/1\",");
    add_member(&line, "key", arn.data);
    buf_printf(&line, ",\"complete\":%s,", status_of(k) == CLI_BLIND ? "false" : "true");
    add_member(&line, "unseen", k->unseen);
    buf_adds(&line, ",\"rows\":[");
    for (size_t i = 0; i < k->rows.n; i++) {
        const struct row *row = &k->rows.items[i];
        buf_adds(&line, i > 0 ? ",\n{" : "\n{");
        add_member(&line, "principal", row->principal);
        buf_addc(&line, ',');
        add_member(&line, "action", row->action);
        buf_addc(&line, ',');
        add_member(&line, "verdict", verdict_name(row->now.verdict));
        add_reasons(&line, &row->now);
        if (row->has_then) {
            buf_addc(&line, ',');
            add_member(&line, "with_policy_file", verdict_name(row->then.verdict));
        }
        buf_addc(&line, '}');
    }
    buf_adds(&line, "]}\n");
    (void)fwrite(line.data, 1, line.len, out);
    buf_free(&line);
    buf_free(&arn);
}

/* ---- the verb --------------------------------------------------------------------------------------------------- */

/* What is behind the longest policy that is read: of a file its true size, of a stream without end a bound. */
static size_t count_rest(FILE *file)
{
    char scrap[4096];
    size_t all = 0;
    for (size_t n; all < JSON_MAX_BYTES && (n = fread(scrap, 1, sizeof scrap, file)) > 0;)
        all += n;
    return all;
}

static enum err_code read_policy_file(struct asking *k, const char *path, struct err *err)
{
    if (!path)
        return ERR_OK;
    FILE *file = fopen(path, "rb");
    char *text = mem_alloc(KEY_POLICY_MAX_BYTES);
    size_t len = file ? fread(text, 1, KEY_POLICY_MAX_BYTES, file) : 0;
    enum err_code code = policy_fits_key(len + (file ? count_rest(file) : 0), err);
    if (!file || ferror(file))
        code = err_set(err, ERR_IO, "--policy-file %.200s cannot be read", path);
    if (code == ERR_OK)
        code = policy_parse(k->arena, text, len, &k->instead, err);
    if (code != ERR_OK && file)
        err_prefix(err, "%.200s", path);
    if (file)
        (void)fclose(file);
    mem_free(text);
    return code;
}

static bool find_key(struct asking *k)
{
    node_vec found = {0};
    struct buf why = {0};
    bool is_found = target_find(k->a->judgement, k->a->options->key, &found, &why) == ERR_OK && found.n == 1;
    k->key = is_found ? judge_resolve_key(k->a->judgement, found.items[0]) : 0;
    enum kind kind = k->key ? node_kind(generation_estate(k->a->generation), k->key) : KIND_NONE;
    if (!is_found)
        say("%s", why.data ? why.data : "--key names more than one thing");
    else if (kind != KIND_KEY)
        say("%s is no key", k->a->options->key);
    VEC_FREE(found);
    buf_free(&why);
    return is_found && kind == KIND_KEY;
}

static int flush(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    say("the answer cannot be written");
    return CLI_BAD;
}

/* Everybody and every flow: what is not known of one of them is a blind spot of the answer, unless it can never be. */
static int write_who(const struct asking *k, bool is_json)
{
    struct key_who *who = judge_key_who(k->a->judgement, k->key);
    bool is_blind = k->a->is_cut_short || who->unseen[0] || who->n_flows[TRI_UNKNOWN] > who->n_limits;
    (is_json ? access_who_json : access_who_text)(k->a, k->key, who, stdout);
    key_who_free(who);
    return flush(is_blind ? CLI_BLIND : CLI_DONE);
}

static int write_prevention(const struct asking *k, bool is_json)
{
    struct prevention *p = judge_prevention(k->a->judgement, k->key);
    if (!p) {
        say("the key was not read");
        return CLI_NOTHING;
    }
    bool is_blind = k->a->is_cut_short || !p->has_edit;
    (is_json ? access_prevent_json : access_prevent_text)(k->a, k->key, p, stdout);
    prevention_free(p);
    return flush(is_blind ? CLI_BLIND : CLI_DONE);
}

static int write_access(const struct answer *a)
{
    struct asking k = {.a = a, .arena = arena_new()};
    struct err err = {0};
    int status = CLI_USAGE;
    bool is_json = a->options->format && strcmp(a->options->format, "json") == 0;
    if (!find_key(&k))
        goto out;
    if (a->options->is_flows || a->options->is_prevent) {
        status = a->options->is_flows ? write_who(&k, is_json) : write_prevention(&k, is_json);
        goto out;
    }
    /* of one principal, his verdict tells what it hangs on */
    k.unseen = a->options->principal ? "" : judge_key_unseen(a->judgement, k.arena, k.key);
    if (read_policy_file(&k, a->options->policy_file, &err) != ERR_OK || ask_all(&k, &err) != ERR_OK) {
        say("%s", err.text);
        goto out;
    }
    (is_json ? write_json : write_text)(&k, stdout);
    status = flush(status_of(&k));
out:
    for (size_t i = 0; i < k.rows.n; i++) {
        access_result_free(&k.rows.items[i].now);
        access_result_free(&k.rows.items[i].then);
    }
    VEC_FREE(k.rows);
    arena_free(k.arena);
    return status;
}

/* ---- --batch ---------------------------------------------------------------------------------------------------- */

/* A line that is no question has an answer too, so that answers and questions stay in step. */
static int answer_line(const char *line, size_t len, size_t number)
{
    struct buf out = {0};
    struct err err = {0};
    int status = CLI_DONE;
    if (access_batch_line(line, len, &out, &err) != ERR_OK) {
        say("line %zu: %s", number, err.text);
        status = CLI_USAGE;
    }
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return status;
}

static int answer_batch(void)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    ssize_t len;
    int status = CLI_DONE;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        size_t n = (size_t)len - (line[len - 1] == '\n');
        number++;
        if (n > 0 && answer_line(line, n, number) != CLI_DONE)
            status = CLI_USAGE;
    }
    free(line);
    if (ferror(stdin)) {
        say("standard input cannot be read");
        status = CLI_NOTHING;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        say("the answers cannot be written");
        status = CLI_BAD;
    }
    return status;
}

int access_verb_run(const struct cli_options *o)
{
    return o->is_batch ? answer_batch() : session_answer(o, write_access);
}
