/* DATABASE_URL, parsed: mysql://user:password@host[:port][,host[:port]...]/database[?option=value[&...]] */
#ifndef EVENTHUB_DB_URL_H
#define EVENTHUB_DB_URL_H

enum { DB_URL_HOSTS = 8 };

/* How the connection is protected, named after MySQL's ssl-mode. */
enum db_tls {
    DB_TLS_DISABLED,        /* not encrypted; the default */
    DB_TLS_REQUIRED,        /* encrypted, whoever answers */
    DB_TLS_VERIFY_CA,       /* and the server's certificate is signed by an authority in ssl-ca */
    DB_TLS_VERIFY_IDENTITY, /* and it is issued to the host's name */
};

struct db_url {
    char *user;
    char *password; /* "" if there is none */
    char *database;
    const char *socket; /* NULL: over TCP */
    enum db_tls tls;
    const char *tls_ca; /* path of a PEM file with the authorities' certificates; NULL: nothing is verified */
    struct {
        char *name;
        unsigned port;
    } hosts[DB_URL_HOSTS];
    int host_count;
    char *text; /* owns the texts above */
};

/* Fills `url` from `text`, percent-decoded (RFC 3986). mysql+pymysql:// counts as mysql://, and those of PyMySQL's
 * options that mean something here are understood. Returns NULL, or what is wrong: a static string that begins with a
 * verb ("has no database name"), reveals nothing of a password, and is overwritten by the next call. db_url_free frees
 * what `url` holds. */
const char *db_url_parse(struct db_url *url, const char *text);
void db_url_free(struct db_url *url);

/* What is wrong with `text`, as db_url_parse says it, or NULL. */
const char *db_url_fault(const char *text);

#endif
