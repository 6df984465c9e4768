/* What the unit tests of mails share: a claim, settings, and the mail that is composed of them. */
#ifndef EVENTHUB_TESTS_UNIT_MAILS_H
#define EVENTHUB_TESTS_UNIT_MAILS_H

#include <time.h>

#include "notifier/mail.h"
#include "tests/unit/unit.h"

static const struct mail_tags tags = {"%hello-0%", "%name-0%", "%seat-0%", "%token-0%"};

static inline struct ledger_text text_of(const char *bytes) {
    return (struct ledger_text){(char *)(uintptr_t)bytes, strlen(bytes)};
}

static inline struct ledger_event event_of(const char *title) {
    return (struct ledger_event){
        .title = text_of(title),
        .venue = text_of("Town Hall"),
        .speaker = text_of("Ada Lovelace"),
        .date = 1795539600, /* 2026-11-24T17:00:00Z */
    };
}

/* One of which the readers know all. */
static inline struct ledger_claim claim_of(const char *kind, const char *title) {
    static struct ledger_mail mails[] = {{.delivery_id = 1}, {.delivery_id = 2}};
    struct ledger_claim claim = {
        .id = 1,
        .event_id = 12,
        .now = event_of(title),
        .known = event_of(title),
        .organizer = text_of("Otto"),
        .organizer_email = text_of("otto@example.org"),
        .mails = mails,
        .mail_count = COUNT(mails),
    };
    mails[0].unsubscribe_token = mails[1].unsubscribe_token = text_of("abc-1");
    strcpy(claim.kind, kind);
    return claim;
}

/* A writable copy, which every test of this program may keep. */
static inline char *set_to(const char *value) {
    return (char *)(uintptr_t)value;
}

static inline struct notifier_settings plain_settings(void) {
    return (struct notifier_settings){
        .from_name = set_to("EventHub"),
        .zone = set_to("UTC"),
        .reply_to = set_to(""),
        .event_url = set_to(""),
        .unsubscribe_url = set_to(""),
        .categories = set_to(""),
    };
}

/* The parts as texts, to be released with mail_free. */
static inline struct mail composed_with(const struct ledger_claim *claim, const struct notifier_settings *settings) {
    struct mail mail;
    setenv("TZ", settings->zone, 1);
    tzset();
    const struct mail_kind *kind = mail_kinds_find(claim->kind);
    assert_non_null(kind);
    mail_compose(&mail, kind, claim, &tags, settings);
    struct buffer *const parts[] = {&mail.subject, &mail.text, &mail.html};
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_false(parts[i]->failed);
        assert_int_equal(strnlen(parts[i]->data, parts[i]->length), parts[i]->length);
        buffer_append(parts[i], "", 1);
        parts[i]->length--;
    }
    return mail;
}

static inline struct mail composed(const struct ledger_claim *claim) {
    const struct notifier_settings settings = plain_settings();
    return composed_with(claim, &settings);
}

static inline size_t occurrences(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + strlen(part), part))
        count++;
    return count;
}

/* What a function makes of a copy of exactly that length, to be released with free(). */
static inline char *passed(void (*through)(struct buffer *out, const char *text, size_t length), const char *bytes,
                           size_t length) {
    struct buffer out = {0};
    char *copy = exact_copy(bytes, length);
    through(&out, copy, length);
    free(copy);
    buffer_append(&out, "", 1);
    assert_false(out.failed);
    assert_int_equal(strlen(out.data), out.length - 1);
    return out.data;
}

#endif
