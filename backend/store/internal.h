/* internal: what the files of store/ share. Nobody else includes this.
 *
 *   folder.c   where state is kept
 *   db.c       the SQLite file
 *   history.c  findings and records: since when, until when
 *   since.c    when things were first seen, by name
 *   slots.c    slices: restored, and committed as they are published
 *   store.c    opening, the summary, the thread that writes */
#ifndef KEYFALL_STORE_INTERNAL_H
#define KEYFALL_STORE_INTERNAL_H

#include "backend/estate/pack.h"
#include "backend/store/db.h"
#include "backend/store/since.h"
#include "backend/store/store.h"

#include <pthread.h>

/* The slices: what the file and the estate are known to hold alike. */
struct slots {
    struct estate *estate;
    const struct generation *kept;    /* committed; NULL: nothing */
    const struct generation *writing; /* on its way; NULL: nothing */
    uint32_t next;                    /* the slot of it that is looked at next */
    struct packer *packer;            /* has told the file the long texts it met; NULL: none yet */
    struct err doc_err;               /* of that */
    int64_t model_id;                 /* the row of our own model */
    struct unpacker *unpacker;        /* while it is restored; NULL */
    int64_t unpacked_model, restored_id; /* its model's row, the last slot's row */
};

/* A finding of now. */
struct found {
    uint64_t name;
    const char *rule;
    uint32_t node;
};
struct found_vec {
    struct found *items;
    size_t n, cap;
};
struct findings_now {
    struct found_vec found;           /* by name */
    const struct generation *generation; /* they are of; NULL: there are none */
    int64_t at_utc;
    struct store_drift drift;
    size_t next;                      /* of found, then of what was known, to be written next */
    struct since_map known;           /* what will be known then */
};
struct history {
    uint64_t seed;
    struct since_map findings;        /* open ones */
    struct since_map records;         /* records that came later than their list; lists */
    struct findings_now next, now;    /* given; being written */
    VEC(struct store_drift) drift;    /* oldest first */
};

struct store {
    struct db db;                /* of one thread at a time: store.h says whose */
    struct slots slots;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;        /* guards the rest */
    pthread_cond_t wake;
    bool is_ending;
    struct history history;      /* its maps and `next` are guarded too */
    bool is_restored;            /* the file is the store's thread's from now on */
    struct buf summary;          /* to be written */
    bool has_summary;
    struct err trouble;          /* code ERR_OK: none */
    bool has_news;
};

void store_note_trouble(struct store *s, const struct err *err);

/* ---- slots.c ---- */
NODISCARD enum err_code slots_open(struct store *s, struct err *err);
void slots_close(struct store *s);
/* In a transaction: some of what is new. *has_more: not all of it. */
NODISCARD enum err_code slots_write(struct store *s, bool *has_more, struct err *err);
void slots_committed(struct store *s, bool has_more);
void slots_rolled_back(struct store *s);

/* ---- history.c ---- */
/* The same for findings. */
NODISCARD enum err_code history_write(struct store *s, bool *has_more, struct err *err);
void history_committed(struct store *s, bool has_more);
void history_rolled_back(struct store *s);
/* Which records of a slot came and went from what was committed to what is being written. */
NODISCARD enum err_code history_compare(struct store *s, uint32_t slot, int64_t first_at, struct err *err);
void history_begin(struct store *s, uint32_t slot, int64_t at);
/* What is older than anybody asks for. */
NODISCARD enum err_code history_forget(struct store *s, struct err *err);
void history_close(struct store *s);

#endif
