/* Passwords: Argon2id by libsodium, on threads of their own, because one hash takes tens of milliseconds. Hashes that
 * the first implementation made are accepted as well; checking one yields an Argon2id hash that is to replace it. */
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

/* How long a password may be, in bytes. This rule cannot be in SQL, which only gets the hash. */
enum { PASSWORD_MINIMUM_BYTES = 6, PASSWORD_MAXIMUM_BYTES = 1024 };

struct password_options {
    long memory_kib;
    long passes;
    size_t threads;     /* how many hashes are made at the same time; 0: as many as processors, less one (at least 1) */
    size_t queue_limit; /* how many may wait */
};

/* A password to hash, or to check against a hash. The caller fills the members up to `complete`, and keeps the job and
 * the password alive until `complete` is called. */
struct password_job {
    const char *password;
    size_t length;
    bool check;                        /* false: hash it */
    char hash[crypto_pwhash_STRBYTES]; /* check: what to compare with, "" if there is no such user; else the result */
    void (*complete)(struct password_job *job);

    bool good;     /* check: the password is right; otherwise: there was memory to make the hash */
    bool unusable; /* check: the hash is of no known kind, so no password matches */
    char replacement[crypto_pwhash_STRBYTES]; /* check: a new hash if an outdated (legacy) one matches; else "" */

    /* The pool's own. */
    struct password_pool *pool;
    struct work work;
    STAILQ_ENTRY(password_job) link;
};

/* NULL, with errno set, if threads or memory cannot be had. */
struct password_pool *password_pool_new(const struct password_options *options);

/* Takes a job on; false, at once, if too many wait. A check against "" always fails. All checks that fail take the same
 * time whatever the hash is, so that timing attacks learn nothing. */
bool password_pool_submit(struct password_pool *pool, struct password_job *job);

/* Whether password_pool_submit would return false now. */
bool password_pool_is_full(const struct password_pool *pool);

/* As in db/client/pool.h: password_pool_finish takes back the jobs that are done, and password_pool_complete calls
 * their `complete`. */
int password_pool_fd(const struct password_pool *pool);
bool password_pool_has_finished(const struct password_pool *pool);
void password_pool_finish(struct password_pool *pool);
size_t password_pool_completable(const struct password_pool *pool);
void password_pool_complete(struct password_pool *pool, size_t most);

/* Waits for the jobs under way, completes them, and ends the threads. */
void password_pool_free(struct password_pool *pool);

/* Hashes a password in the calling thread. False if memory is out. */
bool password_hash(const struct password_options *options, const char *password, size_t length,
                   char hash[crypto_pwhash_STRBYTES]);

#endif
