-- Checks the database for programs of the version before, which still run while a new version is deployed.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_health;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_health ()
    COMMENT 'Returns one row (status), ok, if check_database(0) does, and refuses what that refuses. For programs of the version before, which do not know that procedure.

Errors: 45503 not_migrated, 45503 binlog_statement.

Example: CALL check_health();'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    CALL check_database(0);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_health TO eventhub_api;
