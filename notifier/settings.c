/* The notifier's settings. */
#include "notifier/settings.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/client/url.h"
#include "db/common/setting_names.h"
#include "db/common/settings.h"
#include "db/common/text.h"
#include "db/common/zone.h"
#include "notifier/address.h"
#include "notifier/mailbox.h"

enum { MAX_BASE_BYTES = 300, MAX_LINK_BYTES = 500 };

/* The key goes into a header line, which it must not be able to end. */
static const char *fault_of_key(const char *value) {
    for (const char *at = value; *at != '\0'; at++) {
        if (!isgraph((unsigned char)*at))
            return "holds a blank or a character that is not ASCII";
    }
    return NULL;
}

static bool is_utf8(const char *value) {
    size_t characters;
    bool blank;
    return text_measure(value, strlen(value), &characters, &blank);
}

/* Letters beyond ASCII in a domain are no fault, since SendGrid gets it without them. */
static const char *fault_of_email(const char *value) {
    struct buffer ascii = {0};

    if (!is_utf8(value))
        return "is not UTF-8";
    bool is_written = address_write(&ascii, value, strlen(value)) == NULL;
    buffer_append(&ascii, "", 1);
    is_written = is_written && !ascii.failed;
    const char *fault = mailbox_fault(is_written ? ascii.data : value);
    buffer_free(&ascii);
    return fault;
}

static const char *fault_of_name(const char *value) {
    for (const char *at = value; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at))
            return "holds a control character";
    }
    return is_utf8(value) ? NULL : "is not UTF-8";
}

static bool is_loopback(const char *host) {
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* Without TLS the key would travel in the clear, except within the machine. */
static const char *fault_of_base(const char *value) {
    if (strlen(value) > MAX_BASE_BYTES)
        return "is too long";
    char *scheme = NULL, *host = NULL, *path = NULL;
    const char *fault = "is not the address of a server";

    CURLU *url = curl_url();
    if (url == NULL)
        return "cannot be checked: there is no memory";
    if (curl_url_set(url, CURLUPART_URL, value, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK) {
        bool plain = strcmp(scheme, "http") == 0;
        if (!plain && strcmp(scheme, "https") != 0)
            fault = "begins with neither https:// nor http://";
        else if (plain && !is_loopback(host))
            fault = "is not encrypted: http:// is for this machine only";
        else if (strcmp(path, "/") != 0 || strpbrk(value, "?#@") != NULL)
            fault = "has more than a scheme, a host and a port";
        else
            fault = NULL;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_url_cleanup(url);
    return fault;
}

static const char *fault_of_file(const char *value) {
    static char fault[160];
    if (*value == '\0' || access(value, R_OK) == 0)
        return NULL;
    snprintf(fault, sizeof fault, "is a file that cannot be read: %s", strerror(errno));
    return fault;
}

static const char *fault_of_reply_to(const char *value) {
    return *value == '\0' || strcmp(value, "organizer") == 0 ? NULL : fault_of_email(value);
}

/* An address on the web in which `place` stands once for what differs; it goes into a header, a text and HTML. */
static const char *fault_of_link(const char *value, const char *place, bool encrypted) {
    static const char *const missing[] = {"has no {event_id} in it, or more than one",
                                          "has no {token} in it, or more than one"};
    char *scheme = NULL, *host = NULL;
    const char *fault = "is not an address on the web";

    if (*value == '\0')
        return NULL;
    if (strlen(value) > MAX_LINK_BYTES)
        return "is too long";
    for (const char *at = value; *at != '\0'; at++) {
        if (!isgraph((unsigned char)*at) || strchr("<>\"'`\\,", *at) != NULL)
            return "holds a blank, or a character that has to be percent-encoded";
    }
    const char *at = strstr(value, place);
    if (at == NULL || strpbrk(at + strlen(place), "{}") != NULL || memchr(value, '{', (size_t)(at - value)) != NULL)
        return missing[encrypted];
    /* Not within the host, where it would be another server's. */
    const char *start = strstr(value, "://");
    const char *path = start != NULL ? strpbrk(start + 3, "/?#") : NULL;
    if (path == NULL || path > at)
        return fault;

    CURLU *url = curl_url();
    if (url == NULL)
        return "cannot be checked: there is no memory";
    if (curl_url_set(url, CURLUPART_URL, value, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        if (strcmp(scheme, "https") == 0)
            fault = NULL;
        else if (strcmp(scheme, "http") != 0)
            fault = "begins with neither https:// nor http://";
        else
            fault = encrypted && !is_loopback(host) ? "is not encrypted: http:// is for this machine only" : NULL;
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return fault;
}

static const char *fault_of_event_url(const char *value) {
    return fault_of_link(value, EVENT_PLACE, false);
}

static const char *fault_of_unsubscribe_url(const char *value) {
    return fault_of_link(value, TOKEN_PLACE, true);
}

const char *notifier_settings_next(const char **rest, size_t *length) {
    const char *start = *rest;
    if (*start == '\0')
        return NULL;
    size_t whole = strcspn(start, ",");
    *rest = start + whole + (start[whole] == ',');
    while (whole > 0 && *start == ' ') {
        start++;
        whole--;
    }
    while (whole > 0 && start[whole - 1] == ' ')
        whole--;
    *length = whole;
    return start;
}

/* SendGrid takes ten, each once, of 255 characters and of ASCII. */
static const char *fault_of_categories(const char *value) {
    const char *seen[MAX_CATEGORIES];
    size_t lengths[MAX_CATEGORIES], count = 0, length;
    const char *rest = value, *category;

    for (const char *at = value; *at != '\0'; at++) {
        if (!isprint((unsigned char)*at))
            return "holds a character that is not ASCII, or a control character";
    }
    while ((category = notifier_settings_next(&rest, &length)) != NULL) {
        if (length == 0)
            return "has nothing between two commas, or behind the last";
        if (length > MAX_CATEGORY_BYTES)
            return "has a category of more than 255 characters";
        if (count == MAX_CATEGORIES)
            return "has more than ten categories";
        for (size_t i = 0; i < count; i++) {
            if (lengths[i] == length && memcmp(seen[i], category, length) == 0)
                return "has a category twice";
        }
        seen[count] = category;
        lengths[count++] = length;
    }
    return *value != '\0' && value[strlen(value) - 1] == ',' ? "has nothing between two commas, or behind the last"
                                                             : NULL;
}

#define TEXT(member) SETTING_TEXT_AT(struct notifier_settings, member)
#define NUMBER(member) SETTING_NUMBER_AT(struct notifier_settings, member)

static const struct setting table[] = {
    {"DATABASE_URL", .help = "where the database is, as for eventhub-shim, with an account of the notifier's own",
     .remedy = "Write it as mysql://user:password@host:3306/eventhub", TEXT(database_url), .secret = true,
     .fault = db_url_fault},
    {"SENDGRID_API_KEY", .help = "the key of the SendGrid account; it needs the right to send mail and no other",
     .remedy = "Make one in SendGrid, under Settings, API Keys", TEXT(api_key), .secret = true, .fault = fault_of_key},
    {"FROM_EMAIL", .help = "the sender's address, which SendGrid has verified",
     .remedy = "Write it as events@example.org", TEXT(from_email), .fault = fault_of_email},
    {"FROM_NAME", "EventHub", "the sender's name, which is also the signature", "Set it to EventHub, for example",
     TEXT(from_name), .fault = fault_of_name},
    {"REPLY_TO", "", "the address that answers go to, or the word organizer for the event's own; none: the sender",
     "Write it as help@example.org, or organizer, or leave it out", TEXT(reply_to), .fault = fault_of_reply_to},
    {"EVENT_URL", "", "the page of an event, with {event_id} in it, to which reminders and changes link",
     "Write it as https://example.org/events/{event_id}, or leave it out", TEXT(event_url),
     .fault = fault_of_event_url},
    {"UNSUBSCRIBE_URL", "", "where reminders are unsubscribed from, with {token} in it (RFC 8058)",
     "Write it as https://example.org/unsubscribe/{token}, or leave it out", TEXT(unsubscribe_url),
     .fault = fault_of_unsubscribe_url},
    {"MAIL_CATEGORIES", "", "categories under which SendGrid counts the mails, at most ten, separated by commas",
     "Write it as eventhub, or leave it out", TEXT(categories), .fault = fault_of_categories},
    {"SENDGRID_URL", "https://api.sendgrid.com", "the API's base address; https://api.eu.sendgrid.com is the EU's",
     "Write it as https://api.sendgrid.com", TEXT(sendgrid_url), .fault = fault_of_base},
    {"SENDGRID_CA_FILE", "", "the certificates to trust, in a PEM file, instead of the system's",
     "Leave it out or name a file", TEXT(ca_file), .fault = fault_of_file},
    {"SENDGRID_SANDBOX", "0", "1 has SendGrid check every mail and deliver none, though the ledger calls it sent",
     "Set it to 0 or 1", NUMBER(sandbox), .minimum = 0, .maximum = 1},
    {"SENDGRID_REQUESTS", "8", "requests that may be under way at once", "Set it to 8, for example", NUMBER(requests),
     .minimum = 1, .maximum = 100},
    {"MAILS_PER_REQUEST", "1000", "mails with the same text that may share a request; 1000 is SendGrid's limit",
     "Set it to 1000", NUMBER(mails_per_request), .minimum = 1, .maximum = 1000},
    {"SENDGRID_CONNECT_TIMEOUT", "5", "seconds for a connection to SendGrid to come about", "Set it to 5, for example",
     NUMBER(connect_seconds), .minimum = 1, .maximum = 300},
    {"SENDGRID_TIMEOUT", "60", "seconds for one request, its answer included", "Set it to 60, for example",
     NUMBER(request_seconds), .minimum = 1, .maximum = 3600},
    {"LEASE_SECONDS", "300",
     "how long a request's mails are out of other notifiers' reach; more than SENDGRID_TIMEOUT and DB_TIMEOUT "
     "together",
     "Set it to 300, for example", NUMBER(lease_seconds), .minimum = 3, .maximum = 86400},
    {"DB_CONNECT_TIMEOUT", "3", "seconds for a connection to the database to come about", "Set it to 3, for example",
     NUMBER(db_connect_seconds), .minimum = 1, .maximum = 300},
    {"DB_TIMEOUT", "30", "seconds for one call of the database", "Set it to 30, for example", NUMBER(db_seconds),
     .minimum = 1, .maximum = 300},
    {"TZ", "UTC", "the zone in which mails give times", "Install tzdata, or set it to a zone such as Europe/Berlin",
     TEXT(zone), .fault = zone_fault},
};

enum { SETTING_COUNT = sizeof table / sizeof table[0] };

bool notifier_settings_load(struct notifier_settings *settings, bool strict) {
    *settings = (struct notifier_settings){0};
    bool good = settings_read_file(".env");
    good = settings_load(table, SETTING_COUNT, settings) && good;
    /* A run that sends only warns: a machine's environment also holds names that are meant for other programs. */
    good = (setting_names_check() || !strict) && good;
    long longest = settings->request_seconds + settings->db_seconds;
    if (good && settings->lease_seconds <= longest) {
        fprintf(stderr,
                "LEASE_SECONDS is \"%ld\", which is not more than SENDGRID_TIMEOUT and DB_TIMEOUT together (%ld): a "
                "request could outlive its lease. Set it to 300, for example\n",
                settings->lease_seconds, longest);
        good = false;
    }
    if (!good) {
        notifier_settings_free(settings);
        return false;
    }
    zone_use(settings->zone);
    size_t length = strlen(settings->sendgrid_url);
    if (settings->sendgrid_url[length - 1] == '/')
        settings->sendgrid_url[length - 1] = '\0';
    return true;
}

void notifier_settings_free(struct notifier_settings *settings) {
    settings_free(table, SETTING_COUNT, settings);
}

void notifier_settings_help(void) {
    settings_help(table, SETTING_COUNT);
}
