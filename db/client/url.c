/* DATABASE_URL taken apart: mysql://user:password@host[:port][,host[:port]...]/database[?option=value[&...]] */
#include "url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/hex.h"

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

/* MySQL's words for it, without PREFERRED, which is a wish and protects nothing. */
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

static const char *parse_option(struct db_url *url, const char *name, char *value) {
    struct stat file;

    if (!percent_decode(value))
        return "has a broken % escape";
    if (strcmp(name, "ssl-mode") == 0)
        return parse_tls_mode(url, value)
                   ? NULL
                   : "has an ssl-mode that is none of DISABLED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY";
    if (strcmp(name, "ssl-ca") == 0) {
        url->tls_ca = value;
        if (*value != '/')
            return "has an ssl-ca that is not an absolute path";
        return stat(value, &file) == 0 && !S_ISDIR(file.st_mode) && access(value, R_OK) == 0
                   ? NULL
                   : "has an ssl-ca that is no file this user can read";
    }
    url->socket = value;
    return *value == '/' ? NULL : "has a socket that is not an absolute path";
}

static const char *parse_options(struct db_url *url, char *text) {
    while (text != NULL) {
        char *value = strsep(&text, "&");
        const char *name = strsep(&value, "=");
        if (value == NULL ||
            (strcmp(name, "socket") != 0 && strcmp(name, "ssl-mode") != 0 && strcmp(name, "ssl-ca") != 0))
            return "has an option that is not known: socket=/path, ssl-mode=MODE and ssl-ca=/path are";
        const char *fault = parse_option(url, name, value);
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

static const char *parse(struct db_url *url, char *rest) {
    char *options = rest;
    char *authority_and_path = strsep(&options, "?");
    char *path = strchr(authority_and_path, '/');
    if (path == NULL || path[1] == '\0')
        return "has no database name";
    *path++ = '\0';
    url->database = path;

    /* The last @, so that one in a password that was not encoded does no harm. */
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
