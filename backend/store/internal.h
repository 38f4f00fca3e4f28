/* internal: what the files of store/ share. Nobody else includes this.
 *
 *   folder.c   where state is kept
 *   db.c       the SQLite file
 *   slots.c    slices: restored, and committed as they are published
 *   store.c    opening, the summary, the thread that writes */
#ifndef KEYFALL_STORE_INTERNAL_H
#define KEYFALL_STORE_INTERNAL_H

#include "backend/estate/pack.h"
#include "backend/store/db.h"
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

struct store {
    struct db db;                /* of one thread at a time: store.h says whose */
    struct slots slots;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;        /* guards the rest */
    pthread_cond_t wake;
    bool is_ending;
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

#endif
