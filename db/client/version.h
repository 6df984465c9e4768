/* Which client library this is, and which server it talks to. */
#ifndef EVENTHUB_DB_VERSION_H
#define EVENTHUB_DB_VERSION_H

#include <mysql.h>
#include <stddef.h>

/* Such as "MariaDB Connector/C 3.3.17" or "MySQL libmysqlclient 9.7.4": the one that is loaded, not the one compiled
 * with. At most `size` bytes with the NUL; returns `text`. */
const char *db_version_of_client(char *text, size_t size);

/* Such as "MariaDB 10.11.19" or "MySQL 9.7.4"; `mysql` is connected. */
const char *db_version_of_server(MYSQL *mysql, char *text, size_t size);

#endif
