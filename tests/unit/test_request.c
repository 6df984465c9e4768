/* The body of a request to SendGrid: JSON whatever users are called, and each recipient on their own. */
#include "notifier/request.h"

#include "tests/unit/json_paths.h"

static const struct mail_tags tags = {"%hello-0%", "%name-0%", "%seat-0%", "%token-0%"};

static struct ledger_text text_of(const char *bytes) {
    return (struct ledger_text){(char *)(uintptr_t)bytes, strlen(bytes)};
}

static struct ledger_mail mail_to(int64_t delivery_id, const char *participant, const char *email, int64_t seats) {
    return (struct ledger_mail){delivery_id, seats, text_of(participant), text_of(email), text_of("")};
}

static struct mail mail_of(const char *kind, const char *subject, const char *text, const char *html) {
    struct mail mail = {.kind = mail_kinds_find(kind)};
    buffer_text(&mail.subject, subject);
    buffer_text(&mail.text, text);
    buffer_text(&mail.html, html);
    return mail;
}

static struct notifier_settings settings_of(const char *email, const char *name, bool sandbox) {
    static char none[] = "", utc[] = "UTC";
    return (struct notifier_settings){.from_email = (char *)(uintptr_t)email,
                                      .from_name = (char *)(uintptr_t)name,
                                      .reply_to = none,
                                      .event_url = none,
                                      .unsubscribe_url = none,
                                      .categories = none,
                                      .zone = utc,
                                      .sandbox = sandbox};
}

/* A request about event 12 to these. */
static json_object *request_to(const struct ledger_mail *mails, size_t count, bool sandbox) {
    struct ledger_claim claim = {.id = 7, .event_id = 12};
    struct notifier_settings settings = settings_of("events@example.org", "EventHub", sandbox);
    struct mail mail = mail_of("reminder", "Subject", "Text\r\n", "<p>HTML</p>\n");
    struct buffer out = {0};
    request_write(&out, &settings, &mail, &tags, &claim, mails, count, false);
    json_object *body = parsed(&out);
    buffer_free(&out);
    mail_free(&mail);
    return body;
}

static void request_has_these_members(void **state) {
    const struct ledger_mail mails[] = {mail_to(101, "Ann", "ann@example.org", 1),
                                        mail_to(102, "Bob", "bob@example.org", 3)};
    json_object *body = request_to(mails, COUNT(mails), false);
    assert_size_at(body, "", 4);
    assert_size_at(body, "from", 2);
    assert_string_at(body, "from.email", "events@example.org");
    assert_string_at(body, "from.name", "EventHub");
    assert_string_at(body, "subject", "Subject");
    assert_size_at(body, "content", 2);
    assert_size_at(body, "content.0", 2);
    assert_string_at(body, "content.0.type", "text/plain");
    assert_string_at(body, "content.0.value", "Text\r\n");
    assert_size_at(body, "content.1", 2);
    assert_string_at(body, "content.1.type", "text/html");
    assert_string_at(body, "content.1.value", "<p>HTML</p>\n");
    assert_size_at(body, "personalizations", 2);
    assert_size_at(body, "personalizations.0", 3);
    assert_size_at(body, "personalizations.0.to", 1);
    assert_size_at(body, "personalizations.0.to.0", 1);
    assert_string_at(body, "personalizations.0.to.0.email", "ann@example.org");
    assert_size_at(body, "personalizations.0.substitutions", 3);
    assert_string_at(body, "personalizations.0.substitutions.%hello-0%", "Hello Ann,");
    assert_string_at(body, "personalizations.0.substitutions.%name-0%", "Ann");
    assert_string_at(body, "personalizations.0.substitutions.%seat-0%", "1 seat");
    assert_size_at(body, "personalizations.0.custom_args", 3);
    assert_string_at(body, "personalizations.0.custom_args.eventhub_delivery", "101");
    assert_string_at(body, "personalizations.0.custom_args.eventhub_kind", "reminder");
    assert_string_at(body, "personalizations.0.custom_args.eventhub_event", "12");
    assert_string_at(body, "personalizations.1.to.0.email", "bob@example.org");
    assert_string_at(body, "personalizations.1.substitutions.%hello-0%", "Hello Bob,");
    assert_string_at(body, "personalizations.1.substitutions.%seat-0%", "3 seats");
    assert_string_at(body, "personalizations.1.custom_args.eventhub_delivery", "102");
    json_object_put(body);
}

static void sandbox_is_a_setting_of_the_mail(void **state) {
    const struct ledger_mail mail = mail_to(1, "Ann", "ann@example.org", 1);
    json_object *body = request_to(&mail, 1, true);
    assert_size_at(body, "", 5);
    assert_size_at(body, "mail_settings", 1);
    assert_size_at(body, "mail_settings.sandbox_mode", 1);
    json_object *enable = at(body, "mail_settings.sandbox_mode.enable");
    assert_true(json_object_is_type(enable, json_type_boolean) && json_object_get_boolean(enable));
    json_object_put(body);

    body = request_to(&mail, 1, false);
    assert_false(json_object_object_get_ex(body, "mail_settings", NULL));
    json_object_put(body);
}

static void thousand_recipients_are_each_on_their_own(void **state) {
    struct ledger_mail mails[1000];
    static char names[1000][16], emails[1000][32];
    for (size_t i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof names[i], "Guest %zu", i);
        snprintf(emails[i], sizeof emails[i], "guest%zu@example.org", i);
        mails[i] = mail_to((int64_t)i + 1, names[i], emails[i], (int64_t)i % 10 + 1);
    }
    json_object *body = request_to(mails, 1000, false);
    assert_size_at(body, "personalizations", 1000);
    for (size_t i = 0; i < 1000; i++) {
        char id[16];
        json_object *each = json_object_array_get_idx(at(body, "personalizations"), i);
        assert_size_at(each, "", 3);
        assert_size_at(each, "to", 1);
        assert_size_at(each, "to.0", 1);
        assert_string_at(each, "to.0.email", emails[i]);
        char greeting[32];
        snprintf(greeting, sizeof greeting, "Hello %s,", names[i]);
        assert_string_at(each, "substitutions.%hello-0%", greeting);
        assert_string_at(each, "substitutions.%name-0%", names[i]);
        snprintf(id, sizeof id, "%zu", i + 1);
        assert_string_at(each, "custom_args.eventhub_delivery", id);
    }
    json_object_put(body);
}

static void only_those_who_are_asked_for_are_written_to(void **state) {
    const struct ledger_mail mails[] = {mail_to(1, "Ann", "ann@example.org", 1),
                                        mail_to(2, "Bob", "bob@example.org", 1), mail_to(3, "Cy", "cy@example.org", 1)};
    json_object *body = request_to(mails + 1, 1, false);
    assert_size_at(body, "personalizations", 1);
    assert_string_at(body, "personalizations.0.to.0.email", "bob@example.org");
    assert_null(strstr(json_object_to_json_string(body), "ann@"));
    assert_null(strstr(json_object_to_json_string(body), "cy@"));
    json_object_put(body);
}

static void names_are_escaped_for_where_they_stand(void **state) {
    static const struct {
        const char *name, *text, *html;
    } rows[] = {
        {"Ann \"Q\" O'Hara", "Ann \"Q\" O'Hara", "Ann &quot;Q&quot; O&#39;Hara"},
        {"<script>alert(1)</script>", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"</bdi><img src=x>", "</bdi><img src=x>", "&lt;/bdi&gt;&lt;img src=x&gt;"},
        {"Ann\r\nBcc: x@example.org", "Ann  Bcc: x@example.org", "Ann  Bcc: x@example.org"},
        {"a\xe2\x80\xa8"
         "b\xc2\x85"
         "c\x01\x7f",
         "a b c  ", "a b c  "},
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"},
        {"\xe2\x80\xae\xd7\xa9\xd7\x9c", "\xe2\x80\xae\xd7\xa9\xd7\x9c", "\xe2\x80\xae\xd7\xa9\xd7\x9c"},
        {"\\\" \\u0041 \\", "\\\" \\u0041 \\", "\\&quot; \\u0041 \\"},
        {"\",\"bcc\":[{\"email\":\"x@example.org\"}],\"", "\",\"bcc\":[{\"email\":\"x@example.org\"}],\"",
         "&quot;,&quot;bcc&quot;:[{&quot;email&quot;:&quot;x@example.org&quot;}],&quot;"},
        {"%name-1234567890abcdef% -name- {{name}} %s", "%name-1234567890abcdef% -name- {{name}} %s",
         "%name-1234567890abcdef% -name- {{name}} %s"},
        {"", "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct ledger_mail mails[] = {mail_to(1, rows[i].name, "ann@example.org", 1),
                                            mail_to(2, "Bob", "bob@example.org", 1)};
        json_object *body = request_to(mails, 2, false);
        assert_size_at(body, "", 4);
        assert_size_at(body, "personalizations.0", 3);
        assert_size_at(body, "personalizations.0.to", 1);
        assert_size_at(body, "personalizations.0.substitutions", 3);
        char greeting[200];
        snprintf(greeting, sizeof greeting, "Hello %s,", rows[i].text);
        assert_string_at(body, "personalizations.0.substitutions.%hello-0%", greeting);
        assert_string_at(body, "personalizations.0.substitutions.%name-0%", rows[i].html);
        assert_string_at(body, "personalizations.0.substitutions.%seat-0%", "1 seat");
        assert_string_at(body, "personalizations.1.substitutions.%name-0%", "Bob");
        json_object_put(body);
    }
}

static void longest_name_is_whole(void **state) {
    char name[120 * 4 + 1], greeting[sizeof name + 8], email[256];
    for (size_t i = 0; i < 120; i++)
        memcpy(name + 4 * i, "\xf0\x9f\x8e\x9f", 4);
    name[sizeof name - 1] = '\0';
    memset(email, 'a', sizeof email);
    strcpy(email + sizeof email - sizeof "@example.org", "@example.org");
    const struct ledger_mail mail = mail_to(1, name, email, 1);
    json_object *body = request_to(&mail, 1, false);
    snprintf(greeting, sizeof greeting, "Hello %s,", name);
    assert_string_at(body, "personalizations.0.substitutions.%hello-0%", greeting);
    assert_string_at(body, "personalizations.0.substitutions.%name-0%", name);
    assert_string_at(body, "personalizations.0.to.0.email", email);
    json_object_put(body);
}

static void address_and_sender_are_strings_whatever_they_hold(void **state) {
    static const char odd[] = "\"a\\b\"\n\t\x01@example.org";
    struct ledger_claim claim = {.event_id = 1};
    struct notifier_settings settings = settings_of(odd, "Caf\xc3\xa9 \"X\" \\", false);
    struct mail mail = mail_of("update", "\"q\" \\ \xf0\x9f\x8e\x9f", "a\r\n\"b\"\t\\", "<p title=\"x\">\\</p>");
    const struct ledger_mail to = mail_to(1, "Ann", odd, 1);
    struct buffer out = {0};
    request_write(&out, &settings, &mail, &tags, &claim, &to, 1, false);
    json_object *body = parsed(&out);
    assert_string_at(body, "from.email", odd);
    assert_string_at(body, "from.name", "Caf\xc3\xa9 \"X\" \\");
    assert_string_at(body, "personalizations.0.to.0.email", odd);
    assert_string_at(body, "personalizations.0.custom_args.eventhub_kind", "update");
    assert_string_at(body, "subject", "\"q\" \\ \xf0\x9f\x8e\x9f");
    assert_string_at(body, "content.0.value", "a\r\n\"b\"\t\\");
    assert_string_at(body, "content.1.value", "<p title=\"x\">\\</p>");
    json_object_put(body);
    buffer_free(&out);
    mail_free(&mail);
}

static void largest_ids_are_whole(void **state) {
    struct ledger_claim claim = {.event_id = INT64_MAX};
    struct notifier_settings settings = settings_of("a@example.org", "A", false);
    struct mail mail = mail_of("cancellation", "s", "t", "h");
    const struct ledger_mail to = mail_to(INT64_MAX, "Ann", "ann@example.org", INT64_C(4294967295));
    struct buffer out = {0};
    request_write(&out, &settings, &mail, &tags, &claim, &to, 1, false);
    json_object *body = parsed(&out);
    assert_string_at(body, "personalizations.0.custom_args.eventhub_delivery", "9223372036854775807");
    assert_string_at(body, "personalizations.0.custom_args.eventhub_event", "9223372036854775807");
    assert_string_at(body, "personalizations.0.custom_args.eventhub_kind", "cancellation");
    assert_string_at(body, "personalizations.0.substitutions.%seat-0%", "4294967295 seats");
    json_object_put(body);
    buffer_free(&out);
    mail_free(&mail);
}

/* A request to Ann, who has a token, and Bob, who has none. */
static json_object *request_with(struct notifier_settings *settings, const char *kind, bool has_token,
                                 const char *organizer_email, bool with_reply_to) {
    struct ledger_claim claim = {
        .event_id = 12, .organizer = text_of("Otto, \"the\"\r\nBcc: x"), .organizer_email = text_of(organizer_email)};
    struct ledger_mail mails[] = {mail_to(1, "Ann", "ann@example.org", 1), mail_to(2, "Bob", "bob@example.org", 1)};
    struct mail mail = mail_of(kind, "s", "t", "h");
    struct buffer out = {0};
    mails[0].unsubscribe_token = text_of("abc-1");
    mail.has_token = has_token;
    request_write(&out, settings, &mail, &tags, &claim, mails, 2, with_reply_to);
    json_object *body = parsed(&out);
    buffer_free(&out);
    mail_free(&mail);
    return body;
}

static void optional_mail_has_what_unsubscribes_from_it(void **state) {
    static char url[] = "https://example.org/off/{token}?a=\\1&b";
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct notifier_settings settings = settings_of("a@example.org", "A", false);
        settings.unsubscribe_url = url;
        json_object *body = request_with(&settings, kind->name, false, "otto@example.org", false);
        assert_size_at(body, "personalizations.0", kind->is_optional ? 4 : 3);
        /* Bob has no token. */
        assert_size_at(body, "personalizations.1", 3);
        if (kind->is_optional) {
            assert_size_at(body, "personalizations.0.headers", 2);
            assert_string_at(body, "personalizations.0.headers.List-Unsubscribe",
                             "<https://example.org/off/abc-1?a=\\1&b>");
            assert_string_at(body, "personalizations.0.headers.List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }
        assert_size_at(body, "personalizations.0.substitutions", 3);
        json_object_put(body);

        body = request_with(&settings, kind->name, true, "otto@example.org", false);
        assert_string_at(body, "personalizations.0.substitutions.%token-0%", "abc-1");
        json_object_put(body);
    }
}

static void answers_go_to_an_address(void **state) {
    static const struct {
        const char *reply_to, *organizer, *email;
        bool with, named;
    } rows[] = {
        {"help@m\xc3\xbcller.de", "otto@example.org", "help@xn--mller-kva.de", true, false},
        {"organizer", "otto@example.org", "otto@example.org", true, true},
        {"organizer", "otto@m\xc3\xbcller.de", "otto@xn--mller-kva.de", true, true},
        {"organizer", "\xc3\xb6tto@example.org", NULL, true, false},
        {"organizer", "", NULL, true, false},
        {"organizer", "otto@example.org", NULL, false, false},
        {"help@example.org", "otto@example.org", NULL, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct notifier_settings settings = settings_of("a@example.org", "A", false);
        settings.reply_to = (char *)(uintptr_t)rows[i].reply_to;
        json_object *body = request_with(&settings, "update", false, rows[i].organizer, rows[i].with);
        assert_number(rows[i].organizer, json_object_object_get_ex(body, "reply_to", NULL), rows[i].email != NULL);
        if (rows[i].email != NULL) {
            assert_size_at(body, "reply_to", rows[i].named ? 2 : 1);
            assert_string_at(body, "reply_to.email", rows[i].email);
        }
        if (rows[i].named)
            assert_string_at(body, "reply_to.name", "Otto, \"the\"  Bcc: x");
        json_object_put(body);
    }
}

static void categories_are_a_list(void **state) {
    struct notifier_settings settings = settings_of("a@example.org", "A", false);
    static char list[] = " one, \"two\" ,three\\";
    settings.categories = list;
    json_object *body = request_with(&settings, "update", false, "otto@example.org", false);
    assert_size_at(body, "categories", 3);
    assert_string_at(body, "categories.0", "one");
    assert_string_at(body, "categories.1", "\"two\"");
    assert_string_at(body, "categories.2", "three\\");
    json_object_put(body);
}

static void sender_is_in_ascii(void **state) {
    struct notifier_settings settings = settings_of("events@m\xc3\xbcller.de", "A", false);
    json_object *body = request_with(&settings, "update", false, "otto@example.org", false);
    assert_string_at(body, "from.email", "events@xn--mller-kva.de");
    json_object_put(body);
}

/* What mail_compose makes of a hostile event goes through as it is. */
static void composed_mail_is_json(void **state) {
    static const char *const titles[] = {
        "a\r\nBcc: x@example.org", "\"},{\"subject\":\"x",         "\\",
        "<script>\"</script>",     "\xe2\x80\xa8\xc2\x85\x7f\x1b", "\xf0\x9f\x8e\x9f \xe2\x80\xae\xd7\xa9",
    };
    const struct ledger_mail to = mail_to(1, "Ann", "ann@example.org", 2);
    for (size_t i = 0; i < COUNT(titles); i++) {
        for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
            struct notifier_settings settings = settings_of("a@example.org", "A", false);
            const struct ledger_text text = text_of(titles[i]);
            struct ledger_claim claim = {
                .event_id = 1,
                .now = {text, text, text, 0},
                .known = {kind->is_off ? text : text_of("x"), text_of("y"), text_of("z"), 3600},
                .organizer = text};
            struct mail mail;
            struct buffer out = {0};
            mail_compose(&mail, kind, &claim, &tags, &settings);
            request_write(&out, &settings, &mail, &tags, &claim, &to, 1, false);
            json_object *body = parsed(&out);
            assert_size_at(body, "", 4);
            const char *subject = json_object_get_string(at(body, "subject"));
            assert_int_equal(strlen(subject), json_object_get_string_len(at(body, "subject")));
            for (const char *c = subject; *c != '\0'; c++)
                assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
            assert_null(strstr(subject, "\xc2\x85"));
            assert_null(strstr(subject, "\xe2\x80\xa8"));
            json_object_put(body);
            buffer_free(&out);
            mail_free(&mail);
        }
    }
}

static void what_could_not_be_composed_is_not_written(void **state) {
    struct ledger_claim claim = {.event_id = 1};
    struct notifier_settings settings = settings_of("a@example.org", "A", false);
    const struct ledger_mail to = mail_to(1, "Ann", "ann@example.org", 1);
    for (size_t i = 0; i < 3; i++) {
        struct mail mail = mail_of("reminder", "s", "t", "h");
        struct buffer *const parts[] = {&mail.subject, &mail.text, &mail.html};
        struct buffer out = {0};
        parts[i]->failed = true;
        request_write(&out, &settings, &mail, &tags, &claim, &to, 1, false);
        assert_true(out.failed);
        buffer_free(&out);
        mail_free(&mail);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_has_these_members),
        cmocka_unit_test(sandbox_is_a_setting_of_the_mail),
        cmocka_unit_test(thousand_recipients_are_each_on_their_own),
        cmocka_unit_test(only_those_who_are_asked_for_are_written_to),
        cmocka_unit_test(names_are_escaped_for_where_they_stand),
        cmocka_unit_test(longest_name_is_whole),
        cmocka_unit_test(address_and_sender_are_strings_whatever_they_hold),
        cmocka_unit_test(largest_ids_are_whole),
        cmocka_unit_test(optional_mail_has_what_unsubscribes_from_it),
        cmocka_unit_test(answers_go_to_an_address),
        cmocka_unit_test(categories_are_a_list),
        cmocka_unit_test(sender_is_in_ascii),
        cmocka_unit_test(composed_mail_is_json),
        cmocka_unit_test(what_could_not_be_composed_is_not_written),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
