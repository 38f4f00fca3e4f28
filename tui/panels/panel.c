#include "tui/panels/panel.h"

#include <string.h>

static const struct panel *const panels[] = {
    &panel_accounts, &panel_regions,   &panel_keys,   &panel_parameters, &panel_vaults,
    &panel_points,   &panel_resources, &panel_aliases, &panel_grants,    &panel_plans,
    &panel_copy_jobs, &panel_paths, &panel_findings, &panel_blind_spots,
    &panel_ekm,      &panel_credentials, &panel_autobackup,
};

const struct panel *const *panel_all(size_t *n)
{
    *n = sizeof panels / sizeof *panels;
    return panels;
}

const struct panel *panel_by_view(const char *view)
{
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
        if (strcmp(panels[i]->view, view) == 0)
            return panels[i];
    return NULL;
}

const struct panel *panel_by_digit(int digit)
{
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
        if (digit && panels[i]->digit == digit)
            return panels[i];
    return NULL;
}
