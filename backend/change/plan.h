/* plan: the inside of one. Private to change/. */
#ifndef KEYFALL_CHANGE_PLAN_H
#define KEYFALL_CHANGE_PLAN_H

#include "backend/change/change.h"

#define PLAN_SCHEMA "keyfall.plan/1"

/* The plan is JSON:
 *   {"schema","wizard","title","phrase","inputs":{},"observed":[fact],"warnings":[text],"steps":[step],"id"}
 * A fact is as in facts.h. A step: {"kind": "call" | "human" | "wait", "title", "after":[fact wanted]} and
 *   call:  "call","account","region","target","cost","time","params":{},"before":[fact wanted],
 *          "nonce"?,"gives":{"name","path"}?, "diff":[text]?, "undo":[{"call","params"} | {"text"}]
 *   human: "where","lines":[text],"question","answer","begins"?,"or"?,"wrong"?,"before"?,"moves":[fact wanted]?,"undo":[{"text"}]?
 *   both:  "within_s"?,"no_way_back"? */
struct plan {
    const struct wizard *wizard;
    cJSON *json;
    char **params;  /* of each step, printed */
    size_t n_steps;
};

const cJSON *plan_step_json(const struct plan *plan, size_t i);
const char *json_text(const cJSON *object, const char *member); /* "" */

#endif
