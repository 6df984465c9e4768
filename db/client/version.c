/* Which client library this is, and which server it talks to. */
#include "db/client/version.h"

#include <stdio.h>
#include <string.h>

const char *db_version_of_client(char *text, size_t size) {
#ifdef MARIADB_PACKAGE_VERSION
    const char *name = "MariaDB Connector/C";
#else
    const char *name = "MySQL libmysqlclient";
#endif
    snprintf(text, size, "%s %s", name, mysql_get_client_info());
    return text;
}

const char *db_version_of_server(MYSQL *mysql, char *text, size_t size) {
    const char *info = mysql_get_server_info(mysql);
    const char *name = strstr(info, "MariaDB") != NULL ? "MariaDB" : "MySQL";

    /* MariaDB before 11 puts this in front, so that old replicas take it for a MySQL whose version they know. */
    if (strncmp(info, "5.5.5-", 6) == 0)
        info += 6;
    snprintf(text, size, "%s %.*s", name, (int)strcspn(info, "-"), info);
    return text;
}
