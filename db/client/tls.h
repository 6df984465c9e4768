/* TLS to the database, with the same meaning under both client libraries. */
#ifndef EVENTHUB_DB_TLS_H
#define EVENTHUB_DB_TLS_H

#include <mysql.h>
#include <stdbool.h>

#include "db/client/url.h"

/* Prepares a session, before it connects, for what `url` asks for. If the server has no TLS, or not the right
 * certificate, mysql_real_connect fails before it sends anything of the account. */
void db_tls_prepare(MYSQL *mysql, const struct db_url *url);

/* Whether a connected session is encrypted if `url` asks for it: the last check, in case a library has decided
 * otherwise. */
bool db_tls_is_as_asked(MYSQL *mysql, const struct db_url *url);

#endif
