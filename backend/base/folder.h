/* folder: where keyfall keeps its state: $XDG_STATE_HOME/keyfall, else ~/.local/state/keyfall. A relative path
 * counts as none (https://specifications.freedesktop.org/basedir-spec/). Reads the environment; any thread. */
#ifndef KEYFALL_BASE_FOLDER_H
#define KEYFALL_BASE_FOLDER_H

#include "backend/base/err.h"

#include <stdbool.h>

/* *path is the caller's (mem_free). With make, what is missing of it is made, and the folder is private from then
 * on (0700); without, a folder that is not there is ERR_NOT_FOUND. One that is somebody else's is refused. */
NODISCARD enum err_code folder_state(bool make, char **path, struct err *err);

#endif
