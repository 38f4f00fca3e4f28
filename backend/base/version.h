/* version: one number, told by --version, in exports and to AWS as the user agent. */
#ifndef KEYFALL_BASE_VERSION_H
#define KEYFALL_BASE_VERSION_H

#ifndef KEYFALL_VERSION
#define KEYFALL_VERSION "0.1.0"
#endif

#endif
