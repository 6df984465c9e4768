/* Passwords: Argon2id by libsodium, on threads of their own, because one hash takes tens of milliseconds. */
#include "shim/api/password.h"

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "db/common/container_of.h"
#include "shim/api/legacy_hash.h"

enum { NICENESS = 10, LEGACY_ROUNDS = 29000 /* of nearly all hashes that the first implementation made */ };

struct password_pool {
    struct workers *workers;
    struct password_options options;
    STAILQ_HEAD(, password_job) finished;
    size_t finished_count;
    /* Decoys: if a user has no hash of one kind, the password is compared with a decoy of this kind, so that the time
     * it takes does not tell who has an account (timing attack). */
    char decoy[crypto_pwhash_STRBYTES];
    struct legacy_hash legacy_decoy;
};

bool password_hash(const struct password_options *options, const char *password, size_t length,
                   char hash[crypto_pwhash_STRBYTES]) {
    return crypto_pwhash_str_alg(hash, password, length, (unsigned long long)options->passes,
                                 (size_t)options->memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* These threads have a lower priority, so that somebody who guesses passwords, or signs up by the thousand, does not
 * slow down everybody else. They still get a share of the processors, so that log-ins go on when the machine is busy.
 * On Linux niceness belongs to one thread alone (setpriority(2)). */
static void *open_thread(void *pool) {
    setpriority(PRIO_PROCESS, 0, NICENESS);
    return pool;
}

/* A wrong password is compared with one hash of each kind, be it a decoy, so that all checks that fail take the same
 * time. */
static void check(struct password_pool *pool, struct password_job *job) {
    struct legacy_hash legacy_hash;
    bool legacy = legacy_hash_parse(&legacy_hash, job->hash);
    bool current = crypto_pwhash_str_needs_rehash(job->hash, (unsigned long long)pool->options.passes,
                                                  (size_t)pool->options.memory_kib * 1024) != -1;

    job->unusable = !legacy && !current && job->hash[0] != '\0';
    job->replacement[0] = '\0';
    job->good = crypto_pwhash_str_verify(current ? job->hash : pool->decoy, job->password, job->length) == 0 && current;
    if (job->good)
        return;
    job->good = legacy_hash_verify(legacy ? &legacy_hash : &pool->legacy_decoy, job->password, job->length) && legacy;
    if (job->good && !password_hash(&pool->options, job->password, job->length, job->replacement))
        job->replacement[0] = '\0';
}

static void run(struct work *work, void *context) {
    struct password_pool *pool = context;
    struct password_job *job = container_of(work, struct password_job, work);

    if (!job->check) {
        job->good = password_hash(&pool->options, job->password, job->length, job->hash);
        return;
    }
    check(pool, job);
}

static void done(struct work *work) {
    struct password_job *job = container_of(work, struct password_job, work);
    STAILQ_INSERT_TAIL(&job->pool->finished, job, link);
    job->pool->finished_count++;
}

static size_t default_threads(void) {
    cpu_set_t processors;
    int count = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
    return count > 1 ? (size_t)count - 1 : 1;
}

struct password_pool *password_pool_new(const struct password_options *options) {
    unsigned char random[16];
    struct password_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL || sodium_init() < 0)
        goto failed;
    pool->options = *options;
    STAILQ_INIT(&pool->finished);
    pool->legacy_decoy = (struct legacy_hash){.rounds = LEGACY_ROUNDS, .salt_length = 16};
    randombytes_buf(random, sizeof random);
    if (!password_hash(options, (const char *)random, sizeof random, pool->decoy))
        goto failed;
    struct workers_options workers = {
        .threads = options->threads > 0 ? options->threads : default_threads(),
        .queue_limit = options->queue_limit,
        .begin = open_thread,
        .argument = pool,
    };
    pool->workers = workers_new(&workers);
    if (pool->workers == NULL)
        goto failed;
    return pool;

failed:
    free(pool);
    return NULL;
}

bool password_pool_submit(struct password_pool *pool, struct password_job *job) {
    job->pool = pool;
    job->work = (struct work){.run = run, .done = done};
    return workers_submit(pool->workers, &job->work);
}

bool password_pool_is_full(const struct password_pool *pool) {
    return workers_are_full(pool->workers);
}

int password_pool_fd(const struct password_pool *pool) {
    return workers_fd(pool->workers);
}

void password_pool_finish(struct password_pool *pool) {
    workers_finish(pool->workers);
}

bool password_pool_has_finished(const struct password_pool *pool) {
    return workers_have_finished(pool->workers);
}

size_t password_pool_completable(const struct password_pool *pool) {
    return pool->finished_count;
}

void password_pool_complete(struct password_pool *pool, size_t most) {
    for (; most > 0 && pool->finished_count > 0; most--) {
        struct password_job *job = STAILQ_FIRST(&pool->finished);
        STAILQ_REMOVE_HEAD(&pool->finished, link);
        pool->finished_count--;
        job->complete(job);
    }
}

void password_pool_free(struct password_pool *pool) {
    if (pool == NULL)
        return;
    workers_free(pool->workers);
    password_pool_complete(pool, SIZE_MAX);
    free(pool);
}
