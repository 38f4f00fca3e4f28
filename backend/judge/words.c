#include "backend/judge/judge.h"

#include <string.h>
#include <strings.h>

static const struct {
    char letter;
    const char *word;
} severities[SEVERITY_COUNT] = {
    [SEVERITY_NONE] = {'.', "none"}, [SEVERITY_INFO] = {'I', "info"},
    [SEVERITY_LOW] = {'L', "low"},   [SEVERITY_MEDIUM] = {'M', "medium"},
    [SEVERITY_HIGH] = {'H', "high"}, [SEVERITY_CRITICAL] = {'C', "critical"},
};

static const char *const effects[EFFECT_COUNT] = {
    [EFFECT_SAFE] = "safe", [EFFECT_UNKNOWN] = "unknown", [EFFECT_DEGRADED] = "degraded",
    [EFFECT_DOWN] = "down", [EFFECT_LOST] = "lost",
};

/* Proved, not proved, by old facts, suppressed. */
static const char *const marks[SEVERITY_COUNT][4] = {
    [SEVERITY_NONE] = {".", "?", ".", "."},         [SEVERITY_INFO] = {"I", "I?", "I~", "I-"},
    [SEVERITY_LOW] = {"L", "L?", "L~", "L-"},       [SEVERITY_MEDIUM] = {"M", "M?", "M~", "M-"},
    [SEVERITY_HIGH] = {"H", "H?", "H~", "H-"},      [SEVERITY_CRITICAL] = {"C", "C?", "C~", "C-"},
};

static const char *const finding_states[] = {
    [FINDING_NONE] = "none", [FINDING_OPEN] = "open", [FINDING_UNKNOWN] = "unknown", [FINDING_SUPPRESSED] = "suppressed",
};

static const char *const suppression_states[] = {
    [SUPPRESSION_HOLDS] = "holds", [SUPPRESSION_ENDED] = "ended", [SUPPRESSION_IDLE] = "matches nothing",
};

char severity_letter(enum severity s)
{
    return severities[s].letter;
}

const char *severity_word(enum severity s)
{
    return severities[s].word;
}

bool severity_parse(const char *text, enum severity *out)
{
    for (int s = 0; s < SEVERITY_COUNT; s++) {
        char letter[2] = {severities[s].letter, '\0'};
        if (strcasecmp(text, letter) == 0 || strcasecmp(text, severities[s].word) == 0) {
            *out = (enum severity)s;
            return true;
        }
    }
    return false;
}

const char *finding_mark(const struct finding *f)
{
    return marks[f->severity][f->state == FINDING_SUPPRESSED ? 3
                              : f->state == FINDING_UNKNOWN  ? 1
                              : f->facts_at != TIME_NONE     ? 2
                                                             : 0];
}

const char *finding_state_word(enum finding_state s)
{
    return finding_states[s];
}

const char *suppression_state_word(enum suppression_state s)
{
    return suppression_states[s];
}

const char *worst_mark(struct worst w)
{
    return marks[w.open][w.open != SEVERITY_NONE && w.is_stale ? 2 : w.unproved != SEVERITY_NONE ? 1 : 0];
}

/* Never less for more, be it proved or not. */
int worst_rank(struct worst w)
{
    static const int open[SEVERITY_COUNT] = {[SEVERITY_NONE] = 0,   [SEVERITY_INFO] = 1, [SEVERITY_LOW] = 3,
                                             [SEVERITY_MEDIUM] = 5, [SEVERITY_HIGH] = 6, [SEVERITY_CRITICAL] = 7};
    static const int unproved[SEVERITY_COUNT] = {[SEVERITY_NONE] = 0,   [SEVERITY_INFO] = 2, [SEVERITY_LOW] = 2,
                                                 [SEVERITY_MEDIUM] = 4, [SEVERITY_HIGH] = 4, [SEVERITY_CRITICAL] = 4};
    int level = open[w.open] > unproved[w.unproved] ? open[w.open] : unproved[w.unproved];
    return level << 8 | (int)w.unproved << 4 | (int)w.open;
}

const char *effect_word(enum impact_effect e)
{
    return effects[e];
}
