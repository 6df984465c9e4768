-- Whether the database answers.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_health;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_health ()
    COMMENT 'Returns one row (status), always ok: that it comes back says that the database answers.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    SELECT 'ok' AS status;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_health TO eventhub_api;
