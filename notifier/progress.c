/* What a pass has come to so far, and how its operator is told. */
#include "notifier/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "db/common/clock.h"
#include "notifier/plural.h"

enum {
    FIRST_SHOWN_US = 1000000,
    SHOWN_EVERY_US = 200000,
};

void progress_begin(struct progress *progress) {
    *progress = (struct progress){.begun_us = clock_us(), .on_terminal = isatty(STDERR_FILENO) == 1};
}

void progress_expect(struct progress *progress, int64_t due, int64_t waiting) {
    progress->expected = progress->claimed - progress->released + due;
    progress->resting = waiting > progress->waiting ? waiting - progress->waiting : 0;
}

bool progress_is_empty(const struct progress *progress) {
    return progress->claimed == 0 && progress->resting == 0;
}

void progress_show(struct progress *progress) {
    int64_t now = clock_us();
    int64_t taken = now - progress->begun_us;

    if (!progress->on_terminal || progress->claimed == 0 || taken < FIRST_SHOWN_US ||
        now - progress->shown_us < SHOWN_EVERY_US)
        return;
    int64_t failed = progress->waiting + progress->dead + progress->unconfirmed;
    fprintf(stderr, "\r\033[K%" PRId64 " of about %" PRId64 " mails sent, %" PRId64 " failed, %.0f a second",
            progress->sent, progress->expected > progress->claimed ? progress->expected : progress->claimed, failed,
            (double)progress->sent * 1e6 / (double)taken);
    fflush(stderr);
    progress->shown_us = now;
    progress->visible = true;
}

void progress_end(struct progress *progress) {
    if (progress->visible)
        fputs("\r\033[K", stderr);
    progress->visible = false;
}

void progress_summarize(const struct progress *progress) {
    int64_t all = progress->claimed - progress->released;
    printf("%" PRId64 " of %" PRId64 " %s sent (requests: %" PRId64 ", seconds: %.1f)", progress->sent, all,
           plural(all, "mail", "mails"), progress->requests, (double)(clock_us() - progress->begun_us) / 1e6);
    const struct {
        int64_t count;
        const char *what;
    } rest[] = {
        {progress->waiting, "to be tried again"},
        {progress->dead, "dead"},
        {progress->unconfirmed, "unconfirmed"},
        {progress->lost, plural(progress->lost, "to be claimed again when its lease ends",
                                "to be claimed again when their lease ends")},
        {progress->released, "given back"},
        {progress->resting, plural(progress->resting, "waits for its next try", "wait for their next try")},
    };
    for (unsigned i = 0, shown = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (rest[i].count > 0)
            printf("%s%" PRId64 " %s", shown++ == 0 ? "; " : ", ", rest[i].count, rest[i].what);
    }
    printf("\n");
    fflush(stdout);
}
