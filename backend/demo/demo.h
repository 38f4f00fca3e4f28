/* demo: a wire that answers from a built-in book instead of AWS, so that the demo runs the same
 * code as a real estate, without network or credentials. The book (data/) holds an organization of
 * made-up accounts in AWS's member names; all its times are relative to now. The same now gives the
 * same answers, byte for byte.
 *
 * Who is meant: sts:GetCallerIdentity carries a parameter "profile" with an account's name
 * ("prod-data") and no account; every other call names the account by its 12 digits. WRITE
 * operations are refused. Times: UTC seconds. */
#ifndef KEYFALL_DEMO_DEMO_H
#define KEYFALL_DEMO_DEMO_H

#include "backend/aws/wire.h"
#include "backend/config/config.h"
#include "backend/refresh/refresh.h"

#include <stddef.h>
#include <stdint.h>

/* The caller's (wire_free). Never NULL: a book that cannot be read answers every call with why. */
struct wire *demo_wire_new(int64_t now_utc);

/* The same with answers that take from min_ms to max_ms each; 0, 0: at once. */
struct wire *demo_wire_new_with_delay(int64_t now_utc, int min_ms, int max_ms);

/* The accounts that can be read, as targets whose profile is the account's name. Constant data. The
 * first, "audit", is the organization's management account: with DEMO_ORG_ROLE as the role's name
 * it alone leads to all others, and shows the one that is suspended. */
#define DEMO_ORG_ROLE "AuditReadOnly"
size_t demo_targets(const struct target **out);

/* The keyfall.conf of the demo's organization. *out is the caller's (settings_free) in any case. */
NODISCARD enum err_code demo_settings(struct settings **out, struct err *err);

#endif
