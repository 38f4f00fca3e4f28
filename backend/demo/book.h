/* book: the demo's data, parsed, and the places (account and region) in it. Private to the demo;
 * read only once made; one thread. */
#ifndef KEYFALL_DEMO_BOOK_H
#define KEYFALL_DEMO_BOOK_H

#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOK_MAX_ACCOUNTS 16

struct book {
    int64_t now_utc;
    cJSON *shapes, *stores, *statements, *organization, *people; /* stores: more shapes */
    cJSON *accounts[BOOK_MAX_ACCOUNTS]; /* a file each */
    size_t n_accounts;
};

/* An account and region of the book. Points into the book. */
struct book_place {
    const struct book *book;
    const cJSON *account; /* its file */
    const cJSON *world;   /* what is in this region; NULL: nothing */
    const char *account_id, *account_name, *region;
};

/* *out: book_free. */
NODISCARD enum err_code book_new(int64_t now_utc, struct book **out, struct err *err);
void book_free(struct book *book); /* NULL is fine */

/* account: 12 digits or the name. False if the book has no such account. region must outlive place.
 */
bool book_find(const struct book *book, const char *account, const char *region,
               struct book_place *out);

/* The organization's row of a region; NULL if there is no such region. */
const cJSON *book_region(const struct book *book, const char *region);
bool book_region_is_on(const struct book *book, const char *region);
/* 12 digits of any account of the organization, by name; NULL. */
const char *book_account_id(const struct book *book, const char *name);

/* A list of a place ("Keys"); NULL if it has none. */
const cJSON *book_list(const struct book_place *place, const char *name);
const cJSON *book_shape(const struct book *book, const char *name); /* NULL */

/* Text of a member; fallback if there is none. */
const char *book_text(const cJSON *object, const char *member, const char *fallback);
/* Whole number of a member; fallback if there is none. */
int64_t book_number(const cJSON *object, const char *member, int64_t fallback);

#endif
