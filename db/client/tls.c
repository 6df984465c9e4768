/* TLS to the database, with the same meaning under both client libraries. */
#include "db/client/tls.h"

#include <stddef.h>

#ifdef MARIADB_PACKAGE_VERSION

/* Connector/C has no modes. It requires TLS only if it verifies the host's name or the certificate's fingerprint. An
 * empty fingerprint makes it require TLS without verifying anything. Without one it would fall back to an unencrypted
 * connection, over which caching_sha2_password would send the password. It verifies the certificate if it has a CA. */
void db_tls_prepare(MYSQL *mysql, const struct db_url *url) {
    my_bool use = url->tls != DB_TLS_DISABLED;
    my_bool verify_name = url->tls == DB_TLS_VERIFY_IDENTITY;

    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &use);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify_name);
    if (use)
        mysql_optionsv(mysql, MARIADB_OPT_TLS_PEER_FP, "");
    if (url->tls_ca != NULL)
        mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, url->tls_ca);
}

#else

void db_tls_prepare(MYSQL *mysql, const struct db_url *url) {
    static const unsigned modes[] = {
        [DB_TLS_DISABLED] = SSL_MODE_DISABLED,
        [DB_TLS_REQUIRED] = SSL_MODE_REQUIRED,
        [DB_TLS_VERIFY_CA] = SSL_MODE_VERIFY_CA,
        [DB_TLS_VERIFY_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
    };
    /* As Connector/C does by itself: without TLS, caching_sha2_password encrypts the password with the server's RSA
     * key. */
    bool get_key = url->tls == DB_TLS_DISABLED;

    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &modes[url->tls]);
    mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
    if (url->tls_ca != NULL)
        mysql_options(mysql, MYSQL_OPT_SSL_CA, url->tls_ca);
}

#endif

bool db_tls_is_as_asked(MYSQL *mysql, const struct db_url *url) {
    return url->tls == DB_TLS_DISABLED || mysql_get_ssl_cipher(mysql) != NULL;
}
