/* Passwords: Argon2id by libsodium, on threads of their own, since one hash takes tens of milliseconds. Hashes that the
 * first implementation made are accepted, too, and come with one of ours to replace them. */
#ifndef EVENTHUB_PASSWORD_H
#define EVENTHUB_PASSWORD_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "db/common/workers.h"

struct password_pool;

/* OWASP's floor for Argon2id: 19 MiB and 2 passes. */
enum { PASSWORD_MINIMUM_KIB = 19456, PASSWORD_MINIMUM_PASSES = 2 };

/* How long a password may be, in bytes. SQL sees its hash only, so this rule cannot be there. */
enum { PASSWORD_MINIMUM_BYTES = 6, PASSWORD_MAXIMUM_BYTES = 1024 };

struct password_options {
    long memory_kib;
    long passes;
    size_t threads;     /* how many hashes are worked on at once; 0: one fewer than there are processors, at least 1 */
    size_t queue_limit; /* how many may wait */
};

/* One password to hash, or to check against a hash. The caller fills the first part and keeps the job, and what it
 * points to, alive until `complete`. */
struct password_job {
    const char *password;
    size_t length;
    bool check;                        /* false: hash it */
    char hash[crypto_pwhash_STRBYTES]; /* check: to compare with, "" for a user who does not exist; else the result */
    void (*complete)(struct password_job *job);

    bool good;     /* check: it is the password; hash: there was memory to make one */
    bool unusable; /* check: the hash is of no kind that is known, so that no password is good */
    char replacement[crypto_pwhash_STRBYTES]; /* check: of a good password whose hash is outdated; else "" */

    /* The pool's own. */
    struct password_pool *pool;
    struct work work;
    STAILQ_ENTRY(password_job) link;
};

/* NULL, with errno set, if threads or memory cannot be had. */
struct password_pool *password_pool_new(const struct password_options *options);

/* Takes a job on; false, at once, where too many wait. A check against "" is never good. All checks that
 * fail take as long, whatever the hash. */
bool password_pool_submit(struct password_pool *pool, struct password_job *job);

/* Whether password_pool_submit would return false now. */
bool password_pool_is_full(const struct password_pool *pool);

/* As of the pool for the database (db/client/pool.h): what is done is taken back first, and then completed. */
int password_pool_fd(const struct password_pool *pool);
bool password_pool_has_finished(const struct password_pool *pool);
void password_pool_finish(struct password_pool *pool);
size_t password_pool_completable(const struct password_pool *pool);
void password_pool_complete(struct password_pool *pool, size_t most);

/* Waits for what is under way, completes it, and ends the threads. */
void password_pool_free(struct password_pool *pool);

/* Hashes in the calling thread, for --hash-password. False if there is no memory for it. */
bool password_hash(const struct password_options *options, const char *password, size_t length,
                   char hash[crypto_pwhash_STRBYTES]);

#endif
