/* What a run would send, on standard output. */
#include "notifier/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/common/buffer.h"
#include "db/common/log.h"
#include "notifier/ledger.h"
#include "notifier/mail_kinds.h"
#include "notifier/mail_text.h"
#include "notifier/moment.h"
#include "notifier/plural.h"

enum { LINES = 1000, MOST_LINES = 100000 };

struct listing {
    const char *zone;
    long shown;
};

/* One line per mail. Tabs separate its columns, because mail_text_line leaves none in what users wrote. */
static void show(const struct ledger_preview *preview, void *context) {
    struct listing *listing = context;
    struct buffer line = {0};

    buffer_printf(&line, "%s\t", preview->kind);
    moment_write(&line, preview->event_date, listing->zone);
    buffer_text(&line, "\t");
    mail_text_line(&line, preview->title, strlen(preview->title));
    buffer_text(&line, "\t");
    mail_text_line(&line, preview->participant, strlen(preview->participant));
    buffer_text(&line, " <");
    mail_text_line(&line, preview->email, strlen(preview->email));
    buffer_text(&line, ">");
    if (preview->attempts > 0)
        buffer_printf(&line, "\tfailed %" PRId64 " %s so far", preview->attempts,
                      plural(preview->attempts, "time", "times"));
    if (mail_kinds_find(preview->kind) == NULL)
        buffer_text(&line, "\tleft alone, because this notifier does not know the kind");
    buffer_text(&line, "\n");
    if (!line.failed)
        fwrite(line.data, 1, line.length, stdout);
    buffer_free(&line);
    listing->shown++;
}

enum run_status preview_print(const struct notifier_settings *settings, long limit) {
    struct listing listing = {.zone = settings->zone};
    struct ledger ledger;
    int64_t due = 0;

    const char *fault = ledger_open(&ledger, settings, false);
    if (fault != NULL) {
        log_error("cannot begin: DATABASE_URL cannot be used: %s", fault);
        ledger_close(&ledger);
        return RUN_INCOMPLETE;
    }
    long lines = limit < 0 ? LINES : limit > MOST_LINES ? MOST_LINES : limit;
    enum db_status status = ledger_preview(&ledger, lines, &due, show, &listing);
    ledger_close(&ledger);
    if (status != DB_OK)
        return RUN_NO_DATABASE;
    printf("%" PRId64 " %s would be sent", due, plural(due, "mail", "mails"));
    if (listing.shown < due)
        printf(", of which the first %ld are listed", listing.shown);
    printf(".\n");
    return RUN_DONE;
}
