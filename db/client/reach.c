/* Whether the database can be reached: all connections of a program share what they learn of it, and the log is
 * told. */
#include "db/client/reach.h"

#include <stdio.h>

#include "db/client/errors.h"
#include "db/client/pause.h"
#include "db/common/clock.h"

enum {
    FIRST_RECONNECT_US = 100000,
    LONGEST_RECONNECT_US = 3200000,
};

void db_reach_init(struct db_reach *reach) {
    *reach = (struct db_reach){
        .seed = (unsigned)clock_us(),
        .absent = {.name = "database unreachable", .relief = "database reachable again"},
        .short_of = {.name = "the database allows fewer connections than DB_CONNECTIONS",
                     .relief = "the database allows more connections again"},
    };
    pthread_mutex_init(&reach->lock, NULL);
}

void db_reach_free(struct db_reach *reach) {
    pthread_mutex_destroy(&reach->lock);
}

bool db_reach_may_try(struct db_reach *reach, bool spare, int64_t longest_us) {
    int64_t now = clock_us();
    bool may = true;

    pthread_mutex_lock(&reach->lock);
    struct db_pace *pace = reach->absence.failures > 0 || !spare ? &reach->absence : &reach->shortage;
    if (pace->failures > 0) {
        may = now >= pace->retry_at_us;
        if (may)
            pace->retry_at_us = now + longest_us;
    }
    if (!may && pace == &reach->absence)
        trouble_met(&reach->absent, NULL, now);
    pthread_mutex_unlock(&reach->lock);
    return may;
}

void db_reach_opened(struct db_reach *reach) {
    int64_t now = clock_us();

    pthread_mutex_lock(&reach->lock);
    reach->connected++;
    reach->absence.failures = 0;
    trouble_over(&reach->absent, now);
    if (reach->connected > reach->allowed) {
        reach->shortage.failures = 0;
        trouble_over(&reach->short_of, now);
    }
    pthread_mutex_unlock(&reach->lock);
}

void db_reach_closed(struct db_reach *reach) {
    pthread_mutex_lock(&reach->lock);
    reach->connected--;
    pthread_mutex_unlock(&reach->lock);
}

void db_reach_failed(struct db_reach *reach, unsigned error, const char *message) {
    char reason[600];

    pthread_mutex_lock(&reach->lock);
    bool is_shortage = reach->connected > 0 && db_error_is_limit(error);
    struct db_pace *pace = is_shortage ? &reach->shortage : &reach->absence;
    int64_t wait = pause_jitter(&reach->seed, FIRST_RECONNECT_US, LONGEST_RECONNECT_US, pace->failures++);
    int64_t now = clock_us();
    pace->retry_at_us = now + wait;
    if (is_shortage) {
        reach->allowed = reach->connected;
        snprintf(reason, sizeof reason, "%u are open; %s", reach->connected, message);
    }
    trouble_met(is_shortage ? &reach->short_of : &reach->absent, is_shortage ? reason : message, now);
    pthread_mutex_unlock(&reach->lock);
}

int64_t db_reach_retry_at(struct db_reach *reach) {
    pthread_mutex_lock(&reach->lock);
    int64_t absence = reach->absence.failures > 0 ? reach->absence.retry_at_us : 0;
    int64_t shortage = reach->shortage.failures > 0 ? reach->shortage.retry_at_us : 0;
    pthread_mutex_unlock(&reach->lock);
    return absence > shortage ? absence : shortage;
}
