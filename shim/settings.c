/* The shim's settings. */
#include "shim/settings.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/client/url.h"
#include "db/common/setting_names.h"
#include "db/common/settings.h"
#include "db/common/zone.h"
#include "shim/api/password.h"
#include "shim/http/cors.h"

/* RFC 7518, section 3.2: a key for HS256 has at least as many bits as its hash. */
static const char *fault_of_secret(const char *value) {
    return strlen(value) < 32 ? "has fewer than 32 bytes" : NULL;
}

static const char *fault_of_algorithm(const char *value) {
    return strcmp(value, "HS256") != 0 ? "is not supported" : NULL;
}

static const char *fault_of_host(const char *value) {
    static char fault[160];
    struct addrinfo *address;
    int error = getaddrinfo(value, NULL, NULL, &address);
    if (error != 0) {
        snprintf(fault, sizeof fault, "is no address of a network interface: %s",
                 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return fault;
    }
    freeaddrinfo(address);
    return NULL;
}

#define TEXT(member) SETTING_TEXT_AT(struct shim_settings, member)
#define NUMBER(member) SETTING_NUMBER_AT(struct shim_settings, member)

static const struct setting table[] = {
    {"DATABASE_URL",
     .help = "where the database is: mysql://user:password@host[:port]/db, ?socket=/path for a unix "
             "socket, ?ssl-mode=VERIFY_IDENTITY&ssl-ca=/path for TLS; several hosts, separated by commas, are "
             "tried in order",
     .remedy = "Write it as mysql://user:password@host:3306/eventhub", TEXT(database_url), .secret = true,
     .fault = db_url_fault},
    {"SECRET_KEY", .help = "what tokens are signed with: at least 32 bytes, the same on every shim",
     .remedy = "Make one with: openssl rand -hex 32", TEXT(secret_key), .secret = true, .fault = fault_of_secret},
    {"ALGORITHM", "HS256", "how tokens are signed: HS256 and nothing else", "Leave it out or set it to HS256",
     TEXT(algorithm), .fault = fault_of_algorithm},
    {"ACCESS_TOKEN_EXPIRE_MINUTES", "60", "how long a token is valid, in minutes", "Set it to 60, for example",
     NUMBER(token_minutes), .minimum = 1, .maximum = 525600},
    {"HOST", "127.0.0.1", "the address to listen on; 0.0.0.0 is every IPv4 address, :: every address",
     "Set it to an address of this machine", TEXT(host), .fault = fault_of_host},
    {"PORT", "8080", "the TCP port to listen on; 0 takes any free one and logs it",
     "Set it to a free port, such as 8080", NUMBER(port), .minimum = 0, .maximum = 65535},
    {"REUSE_PORT", "0", "1: several shims listen on this port, and the kernel shares connections out; 0: one alone",
     "Set it to 1 or 0", NUMBER(reuse_port), .minimum = 0, .maximum = 1},
    {"CORS_ORIGINS", "*", "the web origins whose pages may use the API, separated by commas; * is any",
     "Write it as https://app.example.org,https://other.example.org", TEXT(cors_origins), .fault = cors_origins_fault},
    {"CORS_CREDENTIALS", "0", "1: pages of the origins that are listed may send credentials (cookies); 0: none may",
     "Set it to 1 or 0", NUMBER(cors_credentials), .minimum = 0, .maximum = 1},
    {"COMPRESSION", "1", "1: JSON of 1 KiB or more is compressed for clients that take gzip; 0: nothing is",
     "Set it to 1 or 0", NUMBER(compression), .minimum = 0, .maximum = 1},
    {"MAX_CONNECTIONS", "10000", "how many client connections are held at once; more wait to be accepted",
     "Set it to 10000, for example", NUMBER(max_connections), .minimum = 1, .maximum = 1000000},
    {"REQUEST_TIMEOUT", "30", "seconds from a request's first byte to its last, and for its answer to be read",
     "Set it to 30, for example", NUMBER(request_seconds), .minimum = 1, .maximum = 3600},
    {"DB_CONNECTIONS", "8", "connections to the database, each with a thread", "Set it to 8, for example",
     NUMBER(db_connections), .minimum = 1, .maximum = 1000},
    {"DB_QUEUE", "10000", "requests that may wait for the database, however quickly it answers; more are answered 503",
     "Set it to 10000, for example", NUMBER(db_queue), .minimum = 0, .maximum = 1000000},
    {"DB_GROUP_LIMIT", "128",
     "how many registrations that wait together may be one call and one transaction; 1 is each alone",
     "Set it to 128, for example", NUMBER(db_group_limit), .minimum = 1, .maximum = 1000},
    {"DB_SHARED_READS", "1", "1: equal reads that wait together are one call; 0: each is a call of its own",
     "Set it to 1 or 0", NUMBER(db_shared_reads), .minimum = 0, .maximum = 1},
    {"DB_CONNECT_TIMEOUT", "3", "seconds for a connection to the database to come about", "Set it to 3, for example",
     NUMBER(db_connect_seconds), .minimum = 1, .maximum = 300},
    {"DB_TIMEOUT", "10", "seconds for one call of the database, waiting for its turn not included",
     "Set it to 10, for example", NUMBER(db_seconds), .minimum = 1, .maximum = 300},
    {"PASSWORD_MEMORY_KIB", "19456", "memory of Argon2id for one password, in KiB; 19456 is OWASP's floor",
     "Set it to 19456 or more", NUMBER(password_memory_kib), .minimum = PASSWORD_MINIMUM_KIB, .maximum = 4194304},
    {"PASSWORD_PASSES", "2", "passes of Argon2id over that memory; 2 is OWASP's floor", "Set it to 2 or more",
     NUMBER(password_passes), .minimum = PASSWORD_MINIMUM_PASSES, .maximum = 1000},
    {"PASSWORD_THREADS", "0", "passwords worked on at once; 0 is one fewer than there are processors, at least 1",
     "Set it to 0 or 1, for example", NUMBER(password_threads), .minimum = 0, .maximum = 256},
    {"PASSWORD_QUEUE", "128", "passwords that may wait their turn; more are answered 503", "Set it to 128, for example",
     NUMBER(password_queue), .minimum = 0, .maximum = 100000},
    {"TZ", "UTC", "the zone of times without an offset, and of all times in answers",
     "Install tzdata, or set it to a zone such as Europe/Berlin", TEXT(zone), .fault = zone_fault},
};

enum { SETTING_COUNT = sizeof table / sizeof table[0] };

/* Where any origin is allowed, any page could send its reader's credentials; no browser accepts that combination. */
static bool credentials_fit(const struct shim_settings *settings) {
    if (settings->cors_credentials == 0 || strcmp(settings->cors_origins, "*") != 0)
        return true;
    fprintf(stderr,
            "CORS_CREDENTIALS is \"1\", which needs CORS_ORIGINS to list origins and not to be \"*\". List those whose "
            "pages may send credentials, or set it to 0.\n");
    return false;
}

bool shim_settings_load(struct shim_settings *settings, bool strict) {
    *settings = (struct shim_settings){0};
    bool good = settings_read_file(".env");
    bool loaded = settings_load(table, SETTING_COUNT, settings);
    good = loaded && credentials_fit(settings) && good;
    /* A server that starts only warns: a machine's environment also holds names that are meant for other programs. */
    good = (setting_names_check() || !strict) && good;
    if (!good) {
        shim_settings_free(settings);
        return false;
    }
    zone_use(settings->zone);
    return true;
}

void shim_settings_free(struct shim_settings *settings) {
    settings_free(table, SETTING_COUNT, settings);
}

void shim_settings_help(void) {
    settings_help(table, SETTING_COUNT);
}
