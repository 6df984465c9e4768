/* The notifier's settings. */
#include "settings.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../db/client/url.h"
#include "../db/common/setting_names.h"
#include "../db/common/settings.h"
#include "../db/common/text.h"
#include "../db/common/zone.h"
#include "mailbox.h"

enum { MAX_BASE_BYTES = 300 };

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

static const char *fault_of_email(const char *value) {
    return is_utf8(value) ? mailbox_fault(value) : "is not UTF-8";
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
    return *value != '\0' && access(value, R_OK) != 0 ? "is a file that cannot be read" : NULL;
}

enum { SETTING_COUNT = 15 };

static void list(struct notifier_settings *s, struct setting table[SETTING_COUNT]) {
    const struct setting rows[SETTING_COUNT] = {
        {"DATABASE_URL", .help = "where the database is, as for eventhub-shim, with an account of the notifier's own",
         .remedy = "Write it as mysql://user:password@host:3306/eventhub", .text = &s->database_url, .secret = true,
         .fault = db_url_fault},
        {"SENDGRID_API_KEY", .help = "the key of the SendGrid account; it needs the right to send mail and no other",
         .remedy = "Make one in SendGrid, under Settings, API Keys", .text = &s->api_key, .secret = true,
         .fault = fault_of_key},
        {"FROM_EMAIL", .help = "the sender's address, which SendGrid has verified",
         .remedy = "Write it as events@example.org", .text = &s->from_email, .fault = fault_of_email},
        {"FROM_NAME", "EventHub", "the sender's name, which is also the signature", "Set it to EventHub, for example",
         .text = &s->from_name, .fault = fault_of_name},
        {"SENDGRID_URL", "https://api.sendgrid.com", "the API's base address; https://api.eu.sendgrid.com is the EU's",
         "Write it as https://api.sendgrid.com", .text = &s->sendgrid_url, .fault = fault_of_base},
        {"SENDGRID_CA_FILE", "", "the certificates to trust, in a PEM file, instead of the system's",
         "Leave it out or name a file", .text = &s->ca_file, .fault = fault_of_file},
        {"SENDGRID_SANDBOX", "0", "1 has SendGrid check every mail and deliver none, though the ledger calls it sent",
         "Set it to 0 or 1", .number = &s->sandbox, .minimum = 0, .maximum = 1},
        {"SENDGRID_REQUESTS", "8", "requests that may be under way at once", "Set it to 8, for example",
         .number = &s->requests, .minimum = 1, .maximum = 100},
        {"MAILS_PER_REQUEST", "1000", "mails with the same text that may share a request; 1000 is SendGrid's limit",
         "Set it to 1000", .number = &s->mails_per_request, .minimum = 1, .maximum = 1000},
        {"SENDGRID_CONNECT_TIMEOUT", "5", "seconds for a connection to SendGrid to come about",
         "Set it to 5, for example", .number = &s->connect_seconds, .minimum = 1, .maximum = 300},
        {"SENDGRID_TIMEOUT", "60", "seconds for one request, its answer included", "Set it to 60, for example",
         .number = &s->request_seconds, .minimum = 1, .maximum = 3600},
        {"LEASE_SECONDS", "300",
         "how long a request's mails are out of other notifiers' reach; more than SENDGRID_TIMEOUT and DB_TIMEOUT "
         "together",
         "Set it to 300, for example", .number = &s->lease_seconds, .minimum = 3, .maximum = 86400},
        {"DB_CONNECT_TIMEOUT", "3", "seconds for a connection to the database to come about",
         "Set it to 3, for example", .number = &s->db_connect_seconds, .minimum = 1, .maximum = 300},
        {"DB_TIMEOUT", "30", "seconds for one call of the database", "Set it to 30, for example",
         .number = &s->db_seconds, .minimum = 1, .maximum = 300},
        {"TZ", "UTC", "the zone in which mails give times", "Install tzdata, or set it to a zone such as Europe/Berlin",
         .text = &s->zone, .fault = zone_fault},
    };
    memcpy(table, rows, sizeof rows);
}

bool notifier_settings_load(struct notifier_settings *settings, bool strict) {
    struct setting table[SETTING_COUNT];

    *settings = (struct notifier_settings){0};
    list(settings, table);
    bool good = settings_read_file(".env");
    good = settings_load(table, SETTING_COUNT) && good;
    /* Where it serves it only warns: what is set in a machine's environment is not always meant for it. */
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
    struct setting table[SETTING_COUNT];
    list(settings, table);
    settings_free(table, SETTING_COUNT);
}

void notifier_settings_help(void) {
    struct notifier_settings settings = {0};
    struct setting table[SETTING_COUNT];
    list(&settings, table);
    settings_help(table, SETTING_COUNT);
}
