/* manual: keyfall.conf(5), from the table of settings. */
#include "backend/config/config.h"

#include "backend/base/roff.h"
#include "backend/config/table.h"

static const char *type_word(enum setting_type type)
{
    static const char *const words[] = {
        [SETTING_TEXT] = "a text",        [SETTING_LIST] = "a list, with commas or blanks between",
        [SETTING_SPAN] = "a time: 90s, 10m, 2h, 1d", [SETTING_PERCENT] = "a number from 1 to 100",
        [SETTING_CHOICE] = "one of",      [SETTING_FLAGS] = "a list of",
    };
    return words[type];
}

static void write_setting(struct buf *out, const struct setting_row *row)
{
    struct buf text = {0};
    buf_printf(&text, "%s. It is %s", row->meaning, type_word(row->type));
    for (size_t i = 0; row->words && row->words[i]; i++)
        buf_printf(&text, "%s %s", i ? "," : "", row->words[i]);
    if (row->must)
        buf_adds(&text, "; it must be given.");
    else
        buf_printf(&text, "; default: %s.", row->otherwise);
    buf_printf(&text, " Example: %s", row->example);
    roff_item(out, row->name, NULL, text.data);
    buf_free(&text);
}

void config_manual(struct buf *out)
{
    size_t n;
    const struct section_row *rows = section_rows(&n);
    for (size_t i = 0; i < n; i++) {
        struct buf title = {0};
        buf_printf(&title, "[%s%s]", rows[i].name, rows[i].example ? " NAME" : "");
        roff_head(out, "SS", title.data);
        roff_text(out, rows[i].meaning);
        buf_addc(out, '\n');
        for (size_t r = 0; r < rows[i].n_rows; r++)
            write_setting(out, &rows[i].rows[r]);
        buf_free(&title);
    }
}
