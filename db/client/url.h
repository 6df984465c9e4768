/* DATABASE_URL taken apart: mysql://user:password@host[:port][,host[:port]...]/database[?option=value[&...]] */
#ifndef EVENTHUB_DB_URL_H
#define EVENTHUB_DB_URL_H

enum { DB_URL_HOSTS = 8 };

/* What the connection has to be, in the words of MySQL's ssl-mode. */
enum db_tls {
    DB_TLS_DISABLED,        /* in the clear; the default */
    DB_TLS_REQUIRED,        /* encrypted, with whoever answers */
    DB_TLS_VERIFY_CA,       /* and the certificate is by an authority in ssl-ca */
    DB_TLS_VERIFY_IDENTITY, /* and it is for the host's name, too */
};

struct db_url {
    char *user;
    char *password; /* "" if there is none */
    char *database;
    char *socket; /* NULL: over TCP */
    enum db_tls tls;
    char *tls_ca; /* a file of certificates in PEM; NULL unless they are verified */
    struct {
        char *name;
        unsigned port;
    } hosts[DB_URL_HOSTS];
    int host_count;
    char *text; /* what all of the above points into */
};

/* Fills `url` from `text`, percent-decoded (RFC 3986); mysql+pymysql:// is mysql://, and of PyMySQL's options those are
 * understood that mean something here. Returns NULL, or what is wrong as a static string that begins with a verb ("has
 * no database name") and holds nothing of a password; it is good until the next call. */
const char *db_url_parse(struct db_url *url, const char *text);
void db_url_free(struct db_url *url);

/* What is wrong with `text`, as db_url_parse says it, or NULL. */
const char *db_url_fault(const char *text);

#endif
