-- check_database for programs of the version before, which are still there while a new one is brought out.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_health;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_health ()
    COMMENT 'Returns one row (status), ok, if the database answers and is as migrate has left it: check_database(0).

Errors: 45503 not_migrated, 45503 binlog_statement.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    CALL check_database(0);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_health TO eventhub_api;
