/* tty: the terminal as a device: raw mode, size, bytes in, a queue of bytes out.
 *
 * Writing never waits: what the terminal does not take stays in the queue. The device is opened
 * anew, so that the shell's own descriptors keep blocking. One terminal a process, one thread. */
#ifndef KEYFALL_TUI_TTY_H
#define KEYFALL_TUI_TTY_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Standard input and output must be a terminal. */
NODISCARD enum err_code tty_open(struct err *err);
void tty_close(void);
int tty_fd(void); /* -1 when closed */

/* Keys one by one, no echo, no signals from keys, bytes out untouched; and back. Both are idempotent. */
void tty_raw(void);
void tty_cooked(void); /* async-signal-safe */
/* False if the terminal does not say. */
bool tty_size(int *w, int *h);

struct buf *tty_queue(void); /* append here, then tty_send */
bool tty_send(void);         /* false: the terminal is gone; a full one is true, with a rest queued */
bool tty_is_drained(void);
/* Sends what is queued, waiting at most so long. False if some was left, and dropped. */
bool tty_drain(int limit_ms);
uint64_t tty_bytes_sent(void);
/* Writes past the queue, waiting a moment at most; async-signal-safe. */
void tty_write_now(const char *bytes, size_t len);

/* What was typed, at most size bytes. 0: nothing now; -1: the terminal is gone. */
long tty_read(char *out, size_t size);
void tty_drop_input(void);

#endif
