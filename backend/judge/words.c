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

const char *effect_word(enum impact_effect e)
{
    return effects[e];
}
