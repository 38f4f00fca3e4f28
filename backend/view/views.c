/* The views there are. To add one: a file (or table) of columns, and a row here. */
#include "backend/view/cells.h"

#include <string.h>

static const struct view *const views[] = {
    &view_accounts, &view_regions,   &view_keys,      &view_aliases, &view_grants,
    &view_parameters, &view_vaults,  &view_points,    &view_resources, &view_plans,
    &view_copy_jobs, &view_paths, &view_copy_matrix, &view_ekm, &view_credentials, &view_autobackup, &view_principals,
    &view_iam_policies, &view_units, &view_org_accounts, &view_org_policies, &view_images,
    &view_lifecycles, &view_event_rules, &view_restore_tests, &view_restore_selections, &view_legal_holds,
    &view_failed_jobs, &view_findings, &view_blind_spots, &view_posture,
};

const struct view *const *view_all(size_t *n)
{
    *n = sizeof views / sizeof *views;
    return views;
}

const struct view *view_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (strcmp(views[i]->name, name) == 0)
            return views[i];
    return NULL;
}

static int column_by_name(const struct view *v, const char *name)
{
    for (size_t i = 0; i < v->n_columns; i++)
        if (strcmp(v->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

int view_column(const struct view *v, const char *name)
{
    static const char *const short_names[][2] = {
        {"sev", "severity"},      {"used", "dependents"},  {"age", "created"},
        {"age", "last_modified"}, {"age", "seen_at"},
    };
    int column = column_by_name(v, name);
    for (size_t i = 0; column < 0 && i < sizeof short_names / sizeof *short_names; i++)
        if (strcmp(short_names[i][0], name) == 0)
            column = column_by_name(v, short_names[i][1]);
    return column;
}

/* ---- rows and cells -------------------------------------------------------------------------- */

static bool open_finding(const struct view_context *c, uint32_t i, struct view_row *out)
{
    size_t n = 0;
    const struct finding *f = c->judgement ? judgement_findings(c->judgement, &n) : NULL;
    if (i >= n)
        return false;
    out->finding = &f[i];
    out->has_record = generation_record(c->generation, f[i].node, &out->record);
    return true;
}

static bool open_blind_spot(const struct view_context *c, uint32_t i, struct view_row *out)
{
    size_t n = 0;
    const struct blind_spot *b = c->judgement ? judgement_blind_spots(c->judgement, &n) : NULL;
    if (i >= n)
        return false;
    out->blind = &b[i];
    out->has_record = generation_record(c->generation, b[i].parent, &out->record);
    return true;
}

/* A path is about what is copied; before that is known, about where it goes. */
static bool open_path(const struct view_context *c, uint32_t i, struct view_row *out)
{
    size_t n = 0;
    const struct copy_path *p = c->judgement ? judge_paths(c->judgement, &n) : NULL;
    if (i >= n)
        return false;
    out->path = &p[i];
    out->has_record = generation_record(c->generation, p[i].source, &out->record) ||
                      generation_record(c->generation, p[i].destination_vault, &out->record);
    return true;
}

/* It sums up many records and is about none of them. */
static bool open_copies(const struct view_context *c, uint32_t i, struct view_row *out)
{
    const struct copy_matrix *m = c->judgement ? judge_copy_matrix(c->judgement) : NULL;
    if (!m || i >= m->n_cells)
        return false;
    out->copies = &m->cells[i];
    return true;
}

bool view_row(const struct view_context *c, const struct view *v, struct item item, struct view_row *out)
{
    memset(out, 0, sizeof *out);
    out->item = item;
    switch (v->rows) {
    case ROWS_FINDINGS:
        return open_finding(c, item.row, out);
    case ROWS_BLIND_SPOTS:
        return open_blind_spot(c, item.row, out);
    case ROWS_COPY_PATHS:
        return open_path(c, item.row, out);
    case ROWS_COPY_MATRIX:
        return open_copies(c, item.row, out);
    case ROWS_RECORDS:
        break;
    }
    out->has_record = slice_record(c->generation, generation_slice(c->generation, item.slot), item.row,
                                   &out->record);
    return out->has_record;
}

bool view_record(const struct view_context *c, const struct view *v, struct item item, struct record *out)
{
    struct view_row row;
    if (!view_row(c, v, item, &row) || !row.has_record)
        return false;
    *out = row.record;
    return true;
}

void view_cell(const struct view_context *c, const struct view *v, const struct view_row *row, int column,
               struct cell *out)
{
    const struct column *col = &v->columns[column];
    *out = (struct cell){.is = CELL_ABSENT, .type = col->type, .truth = TRUTH_KNOWN, .text = ""};
    enum attr attr = col->attr;
    if (col->cell) {
        col->cell(c, row, out);
        return;
    }
    if (attr == ATTR_NONE && row->has_record)
        attr = attr_by_name(row->record.kind, col->name);
    if (attr != ATTR_NONE && row->has_record)
        say_attr(&row->record, attr, out);
}
