#include "backend/base/roff.h"

#include <string.h>

/* A dash is one that can be copied to a shell. */
static void add_char(struct buf *out, char c)
{
    if (c == '\\')
        buf_adds(out, "\\e");
    else if (c == '-')
        buf_adds(out, "\\-");
    else if (c == '\'')
        buf_adds(out, "\\(aq");
    else if (c == '`')
        buf_adds(out, "\\(ga");
    else if (c == '^')
        buf_adds(out, "\\(ha");
    else if (c == '~')
        buf_adds(out, "\\(ti");
    else
        buf_addc(out, c);
}

/* A dot at the beginning of a line would be a request. */
static void add_line(struct buf *out, const char *text, size_t len)
{
    if (len > 0 && text[0] == '.')
        buf_adds(out, "\\&");
    for (size_t i = 0; i < len; i++)
        add_char(out, text[i]);
}

void roff_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, "\n");
        add_line(out, p, len);
        p += len;
        if (*p)
            buf_addc(out, *p++);
    }
}

void roff_lines(struct buf *out, const char *text)
{
    buf_adds(out, ".nf\n");
    roff_text(out, text);
    if (*text && text[strlen(text) - 1] != '\n')
        buf_addc(out, '\n');
    buf_adds(out, ".fi\n");
}

void roff_head(struct buf *out, const char *macro, const char *title)
{
    buf_printf(out, ".%s \"", macro);
    roff_text(out, title);
    buf_adds(out, "\"\n");
}

void roff_item(struct buf *out, const char *tag, const char *note, const char *text)
{
    buf_adds(out, ".TP\n\\fB");
    roff_text(out, tag);
    buf_adds(out, "\\fR");
    if (note && *note) {
        buf_adds(out, " \\fI");
        roff_text(out, note);
        buf_adds(out, "\\fR");
    }
    buf_addc(out, '\n');
    roff_text(out, *text ? text : "-");
    buf_addc(out, '\n');
}

void roff_begin(struct buf *out, const char *name, const char *section, const char *version, const char *what)
{
    buf_printf(out, ".\\\" Made by keyfall from its tables: keyfall manual %s.%s\n.TH \"", name, section);
    roff_text(out, name);
    buf_printf(out, "\" %s \"\" \"keyfall %s\" \"keyfall\"\n.nh\n.ad l\n.SH NAME\n", section, version);
    roff_text(out, name);
    buf_adds(out, " \\- ");
    roff_text(out, what);
    buf_addc(out, '\n');
}
