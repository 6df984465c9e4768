/* TLS on the way to the database, meaning the same under both client libraries. */
#ifndef EVENTHUB_DB_TLS_H
#define EVENTHUB_DB_TLS_H

#include <mysql.h>
#include <stdbool.h>

#include "db/client/url.h"

/* Prepares a session that is not connected yet for what `url` asks for. Where the server has no TLS, or not the right
 * certificate, mysql_real_connect then fails before anything of the account is sent. */
void db_tls_prepare(MYSQL *mysql, const struct db_url *url);

/* Whether a connected session has what `url` asks for: the last word, should a library have thought otherwise. */
bool db_tls_is_as_asked(MYSQL *mysql, const struct db_url *url);

#endif
