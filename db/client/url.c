/* DATABASE_URL, parsed: mysql://user:password@host[:port][,host[:port]...]/database[?option=value[&...]] */
#include "db/client/url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/common/hex.h"

enum { MYSQL_DEFAULT_PORT = 3306 };

/* Decodes %XX in place. False for a broken escape or an encoded NUL, which would cut the value short. */
static bool percent_decode(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = hex_digit(from[1]);
        int low = high < 0 ? -1 : hex_digit(from[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return true;
}

static const char *parse_host(struct db_url *url, char *text) {
    char *name = text;
    char *port = NULL;

    if (url->host_count == DB_URL_HOSTS)
        return "names more hosts than can be tried (8)";
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (end == NULL || (end[1] != ':' && end[1] != '\0'))
            return "has an IPv6 address that is not closed by ]";
        name = text + 1;
        *end = '\0';
        port = end[1] == ':' ? end + 2 : NULL;
    } else if ((port = strchr(text, ':')) != NULL) {
        *port++ = '\0';
    }
    unsigned long number = MYSQL_DEFAULT_PORT;
    if (port != NULL) {
        char *end;
        number = strtoul(port, &end, 10);
        if (!isdigit((unsigned char)*port) || *end != '\0' || number < 1 || number > 65535)
            return "has a port that is not a number from 1 to 65535";
    }
    if (!percent_decode(name))
        return "has a broken % escape";
    url->hosts[url->host_count].name = *name == '\0' ? "localhost" : name;
    url->hosts[url->host_count++].port = (unsigned)number;
    return NULL;
}

static const char *parse_hosts(struct db_url *url, char *text) {
    const char *fault = NULL;
    char *next = text;
    while (fault == NULL && next != NULL) {
        char *host = strsep(&next, ",");
        fault = parse_host(url, host);
    }
    return fault;
}

/* MySQL's modes except PREFERRED, which falls back to no encryption and so protects nothing. */
static const char *const tls_modes[] = {
    [DB_TLS_DISABLED] = "DISABLED",
    [DB_TLS_REQUIRED] = "REQUIRED",
    [DB_TLS_VERIFY_CA] = "VERIFY_CA",
    [DB_TLS_VERIFY_IDENTITY] = "VERIFY_IDENTITY",
};

static bool parse_tls_mode(struct db_url *url, const char *word) {
    for (size_t i = 0; i < sizeof tls_modes / sizeof tls_modes[0]; i++) {
        if (strcmp(word, tls_modes[i]) == 0) {
            url->tls = (enum db_tls)i;
            return true;
        }
    }
    return false;
}

static const char *parse_ssl_mode(struct db_url *url, const char *value) {
    return parse_tls_mode(url, value)
               ? NULL
               : "has an ssl-mode that is none of DISABLED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY";
}

static const char *parse_ssl_ca(struct db_url *url, const char *value) {
    struct stat file;

    url->tls_ca = value;
    if (*value != '/')
        return "has an ssl-ca that is not an absolute path";
    return stat(value, &file) == 0 && !S_ISDIR(file.st_mode) && access(value, R_OK) == 0
               ? NULL
               : "has an ssl-ca that is no file this user can read";
}

static const char *parse_socket(struct db_url *url, const char *value) {
    url->socket = value;
    return *value == '/' ? NULL : "has a socket that is not an absolute path";
}

/* As in PyMySQL, an option that names certificates to trust also asks for the server's to be verified. */
static const char *parse_pymysql_ca(struct db_url *url, const char *value) {
    if (url->tls < DB_TLS_VERIFY_CA)
        url->tls = DB_TLS_VERIFY_CA;
    return parse_ssl_ca(url, value);
}

static bool is_true(const char *value) {
    return strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

static const char *parse_verify_cert(struct db_url *url, const char *value) {
    if (url->tls < DB_TLS_VERIFY_CA)
        url->tls = DB_TLS_VERIFY_CA;
    return is_true(value) ? NULL : "has an ssl_verify_cert that is not true: leave it and ssl_ca out, and set ssl-mode";
}

static const char *parse_verify_identity(struct db_url *url, const char *value) {
    url->tls = DB_TLS_VERIFY_IDENTITY;
    return is_true(value) ? NULL : "has an ssl_verify_identity that is not true: leave it out";
}

static const char *parse_charset(struct db_url *url, const char *value) {
    (void)url;
    return strcasecmp(value, "utf8mb4") == 0 || strcasecmp(value, "utf8mb3") == 0 || strcasecmp(value, "utf8") == 0
               ? NULL
               : "has a charset other than utf8mb4, in which EventHub speaks to the database: leave it out";
}

static const char *parse_autocommit(struct db_url *url, const char *value) {
    (void)url;
    return is_true(value) ? NULL : "has an autocommit that is not true, as EventHub needs it: leave it out";
}

/* Options of client libraries that are settings of this program. */
static const char *refuse_connect_timeout(struct db_url *url, const char *value) {
    (void)url;
    (void)value;
    return "has the option connect_timeout, which is a setting of its own: DB_CONNECT_TIMEOUT";
}

static const char *refuse_timeout(struct db_url *url, const char *value) {
    (void)url;
    (void)value;
    return "has a read_timeout or write_timeout, which is a setting of its own: DB_TIMEOUT";
}

/* MySQL's names first, then PyMySQL's, which people's URLs for SQLAlchemy have. */
static const struct option {
    const char *name;
    const char *(*parse)(struct db_url *url, const char *value);
} known_options[] = {
    {"ssl-mode", parse_ssl_mode},
    {"ssl-ca", parse_ssl_ca},
    {"socket", parse_socket},
    {"unix_socket", parse_socket},
    {"charset", parse_charset},
    {"autocommit", parse_autocommit},
    {"ssl_ca", parse_pymysql_ca},
    {"ssl_verify_cert", parse_verify_cert},
    {"ssl_verify_identity", parse_verify_identity},
    {"connect_timeout", refuse_connect_timeout},
    {"read_timeout", refuse_timeout},
    {"write_timeout", refuse_timeout},
};

/* A name that is not a plain word may be a part of a password, so it is not repeated. */
static const char *unknown_option(const char *name) {
    static char fault[160];
    static const char known[] = "socket=/path, ssl-mode=MODE, ssl-ca=/path and charset=utf8mb4 are";
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    if (length == 0 || length > 40 || name[length] != '\0')
        snprintf(fault, sizeof fault, "has an option that is not known: %s", known);
    else
        snprintf(fault, sizeof fault, "has the option %s, which is not known: %s", name, known);
    return fault;
}

static const char *parse_option(struct db_url *url, const char *name, char *value) {
    for (size_t i = 0; i < sizeof known_options / sizeof known_options[0]; i++) {
        if (strcmp(name, known_options[i].name) != 0)
            continue;
        if (value == NULL)
            return unknown_option("");
        return percent_decode(value) ? known_options[i].parse(url, value) : "has a broken % escape";
    }
    return unknown_option(name);
}

static const char *parse_options(struct db_url *url, char *text) {
    while (text != NULL) {
        char *value = strsep(&text, "&");
        const char *name = strsep(&value, "=");
        const char *fault = *name != '\0' || value != NULL ? parse_option(url, name, value) : NULL;
        if (fault != NULL)
            return fault;
    }
    if (url->tls != DB_TLS_DISABLED && url->socket != NULL)
        return "has both a socket, which never leaves the machine, and an ssl-mode";
    if (url->tls >= DB_TLS_VERIFY_CA && url->tls_ca == NULL)
        return "has an ssl-mode that verifies, and no ssl-ca=/path of the certificates to trust";
    if (url->tls < DB_TLS_VERIFY_CA && url->tls_ca != NULL)
        return "has an ssl-ca, which only ssl-mode=VERIFY_CA and VERIFY_IDENTITY use";
    return NULL;
}

static bool is_path(const char *option) {
    static const char *const paths[] = {"socket=/", "unix_socket=/", "ssl-ca=/", "ssl_ca=/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (strncmp(option, paths[i], strlen(paths[i])) == 0)
            return true;
    }
    return false;
}

/* Whether one of the options holds an '@'. Only a path may: otherwise the '?' before the options stands in the user or
 * password, and the host comes later. */
static bool holds_the_host(const char *options) {
    while (*options != '\0') {
        size_t length = strcspn(options, "&");
        if (!is_path(options) && memchr(options, '@', length) != NULL)
            return true;
        options += length + (options[length] == '&');
    }
    return false;
}

static const char *parse(struct db_url *url, char *rest) {
    char *options = rest;
    char *authority_and_path = strsep(&options, "?");
    /* A password with an unescaped '?' or '/' would be taken for an option, a host or a database, and so get into the
     * log. */
    if (options != NULL && holds_the_host(options))
        return "has a '?' in its user or password, which is written %3F there";
    char *path = strchr(authority_and_path, '/');
    if (path != NULL && strchr(path, '@') != NULL)
        return "has a '/' in its user or password, which is written %2F there (or an '@' in its database, which is "
               "%40)";
    if (path == NULL || path[1] == '\0')
        return "has no database name";
    *path++ = '\0';
    url->database = path;

    /* The last '@' counts, so that one in an unescaped password does no harm. */
    char *hosts = strrchr(authority_and_path, '@');
    if (hosts == NULL || hosts == authority_and_path || *authority_and_path == ':')
        return "has no user";
    *hosts++ = '\0';
    url->user = rest;
    url->password = strchr(rest, ':');
    if (url->password != NULL)
        *url->password++ = '\0';
    else
        url->password = url->user + strlen(url->user);
    if (!percent_decode(url->user) || !percent_decode(url->password) || !percent_decode(url->database))
        return "has a broken % escape";

    const char *fault = parse_options(url, options);
    return fault != NULL ? fault : parse_hosts(url, hosts);
}

const char *db_url_parse(struct db_url *url, const char *text) {
    static const char *const schemes[] = {"mysql://", "mysql+pymysql://"};

    *url = (struct db_url){0};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncmp(text, schemes[i], length) != 0)
            continue;
        url->text = strdup(text + length);
        if (url->text == NULL)
            return "does not fit into memory";
        const char *fault = parse(url, url->text);
        if (fault != NULL)
            db_url_free(url);
        return fault;
    }
    return "does not begin with mysql://";
}

void db_url_free(struct db_url *url) {
    free(url->text);
    *url = (struct db_url){0};
}

const char *db_url_fault(const char *text) {
    struct db_url url;
    const char *fault = db_url_parse(&url, text);
    if (fault == NULL)
        db_url_free(&url);
    return fault;
}
