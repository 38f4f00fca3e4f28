#include "backend/aws/credentials_config.h"

#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (4u << 20)
#define MAX_PATH_CELLS 60 /* of a path in a message */

static const struct {
    const char *env, *below_home;
    const char *kind; /* what stands before the profile's name between the brackets */
} places[FILE_COUNT] = {
    [FILE_CONFIG] = {"AWS_CONFIG_FILE", "/.aws/config", "profile"},
    [FILE_CREDENTIALS] = {"AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials", NULL},
};

static const char *home_directory(void)
{
    const char *home = getenv("HOME");
    if (home && *home)
        return home;
    const struct passwd *user = getpwuid(getuid());
    return user && user->pw_dir ? user->pw_dir : "";
}

/* Appends the value of the variable at s ("$NAME" or "${NAME}") and returns what follows it. */
static const char *expand_variable(struct buf *out, const char *s)
{
    bool braced = s[1] == '{';
    const char *name = s + (braced ? 2 : 1), *end = name;
    while (isalnum((unsigned char)*end) || *end == '_')
        end++;
    if (end == name || (braced && *end != '}')) {
        buf_addc(out, '$');
        return s + 1;
    }
    char *variable = mem_strndup(name, (size_t)(end - name));
    const char *value = getenv(variable);
    mem_free(variable);
    end += braced;
    if (value)
        buf_adds(out, value);
    else
        buf_add(out, s, (size_t)(end - s));
    return end;
}

char *credentials_config_expand(const char *path)
{
    struct buf out = {0};
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        buf_adds(&out, home_directory());
        path++;
    }
    while (*path) {
        if (*path == '$')
            path = expand_variable(&out, path);
        else
            buf_addc(&out, *path++);
    }
    return buf_take(&out);
}

static char *path_of(enum credentials_file file)
{
    const char *named = getenv(places[file].env);
    if (named && *named)
        return credentials_config_expand(named);
    return mem_printf("%s%s", home_directory(), places[file].below_home);
}

static char *path_shown(const char *path)
{
    const char *home = home_directory();
    size_t len = strlen(home);
    struct buf clean = {0}, out = {0};
    if (len > 1 && strncmp(path, home, len) == 0 && path[len] == '/') {
        buf_addc(&clean, '~');
        path += len;
    }
    text_clean(&clean, path, strlen(path), PATH_MAX, false);
    text_shorten(&out, clean.data ? clean.data : "", MAX_PATH_CELLS, true, "...");
    buf_free(&clean);
    return buf_take(&out);
}

static enum err_code load_file(struct credentials_config *config, enum credentials_file file,
                               struct err *err)
{
    char *path = path_of(file);
    struct stat st;
    struct err why;
    enum err_code rc = ERR_OK;

    config->files[file].shown = path_shown(path);
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        goto out;
    rc = ini_read_file(path, MAX_FILE_BYTES, &config->files[file].ini, &why);
    config->files[file].is_there = rc == ERR_OK;
    if (rc != ERR_OK) {
        size_t len = strncmp(why.text, path, strlen(path)) == 0 ? strlen(path) : 0;
        rc = err_set(err, rc, "%s%s; correct the file or set %s to another one",
                     len ? config->files[file].shown : "", why.text + len, places[file].env);
    }
out:
    mem_free(path);
    return rc;
}

enum err_code credentials_config_load(struct credentials_config *out, struct err *err)
{
    *out = (struct credentials_config){0};
    for (int file = 0; file < FILE_COUNT; file++) {
        enum err_code rc = load_file(out, (enum credentials_file)file, err);
        if (rc != ERR_OK) {
            credentials_config_free(out);
            return rc;
        }
    }
    return ERR_OK;
}

void credentials_config_free(struct credentials_config *config)
{
    for (int file = 0; file < FILE_COUNT; file++) {
        ini_free(&config->files[file].ini);
        mem_free(config->files[file].shown);
    }
    *config = (struct credentials_config){0};
}

/* The NAME of a section written [KIND NAME] or [KIND "NAME"]. kind NULL: the whole is the name. */
static bool name_in_section(const char *section, const char *kind, struct credentials_name *out)
{
    out->at = section;
    out->len = strlen(section);
    if (!kind)
        return true;
    size_t len = strlen(kind);
    if (strncmp(section, kind, len) != 0 || (section[len] != ' ' && section[len] != '\t'))
        return false;
    out->at += len + strspn(section + len, " \t");
    out->len = strlen(out->at);
    char quote = out->at[0];
    if (out->len >= 2 && (quote == '"' || quote == '\'') && out->at[out->len - 1] == quote) {
        out->at++;
        out->len -= 2;
    }
    return out->len > 0;
}

/* As name_in_section, for a profile: [default] in the config file goes without the word. */
static bool profile_in_section(const char *section, enum credentials_file file,
                               struct credentials_name *out)
{
    if (name_in_section(section, places[file].kind, out))
        return *section != '\0';
    out->at = section;
    out->len = strlen(section);
    return strcmp(section, "default") == 0;
}

static bool name_is(const struct credentials_name *name, const char *s)
{
    return strlen(s) == name->len && memcmp(name->at, s, name->len) == 0;
}

/* The section as written whose name is `name`; NULL if absent. */
static const char *find_section(const struct ini *ini, const char *kind, const char *name)
{
    for (size_t i = 0; i < ini->n; i++) {
        struct credentials_name found;
        if (name_in_section(ini->entries[i].section, kind, &found) && name_is(&found, name))
            return ini->entries[i].section;
    }
    return NULL;
}

const char *credentials_config_section(const struct credentials_config *config, const char *kind,
                                       const char *name)
{
    return find_section(&config->files[FILE_CONFIG].ini, kind, name);
}

static const char *find_profile(const struct credentials_config *config, enum credentials_file file,
                                const char *profile)
{
    const struct ini *ini = &config->files[file].ini;
    const char *section = find_section(ini, places[file].kind, profile);
    if (!section && strcmp(profile, "default") == 0 && ini_has_section(ini, "default"))
        section = "default";
    return section;
}

/* A section without a key has no entry to be found by. */
static bool has_empty_section(const struct ini *ini, const char *kind, const char *profile)
{
    char *section = kind ? mem_printf("%s %s", kind, profile) : mem_strdup(profile);
    bool has = ini_has_section(ini, section);
    mem_free(section);
    return has;
}

bool credentials_config_has_profile(const struct credentials_config *config, const char *profile)
{
    for (int file = 0; file < FILE_COUNT; file++) {
        if (find_profile(config, (enum credentials_file)file, profile) ||
            has_empty_section(&config->files[file].ini, places[file].kind, profile))
            return true;
    }
    return false;
}

const char *credentials_config_get_in(const struct credentials_config *config,
                                      enum credentials_file file, const char *profile,
                                      const char *key)
{
    const char *section = find_profile(config, file, profile);
    const char *value = section ? ini_get(&config->files[file].ini, section, key) : NULL;
    return value && *value ? value : NULL;
}

const char *credentials_config_get(const struct credentials_config *config, const char *profile,
                                   const char *key)
{
    const char *value = credentials_config_get_in(config, FILE_CREDENTIALS, profile, key);
    return value ? value : credentials_config_get_in(config, FILE_CONFIG, profile, key);
}

static void add_name(struct credentials_names *names, const struct credentials_name *name)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct credentials_name *old = &names->items[i];
        if (old->len == name->len && memcmp(old->at, name->at, name->len) == 0)
            return;
    }
    VEC_PUSH(*names, *name);
}

void credentials_config_profiles(const struct credentials_config *config,
                                 struct credentials_names *out)
{
    for (int file = 0; file < FILE_COUNT; file++) {
        const struct ini *ini = &config->files[file].ini;
        const char *last = NULL;
        for (size_t i = 0; i < ini->n; i++) {
            struct credentials_name name;
            const char *section = ini->entries[i].section;
            if (section != last && profile_in_section(section, (enum credentials_file)file, &name))
                add_name(out, &name);
            last = section;
        }
    }
}
