-- Refuses a call that was interrupted.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS refuse_interrupted;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE refuse_interrupted ()
    COMMENT 'Raises 45503 interrupted. Called where a statement has not changed the rows that it had to change: a statement that is killed may end as if it had found nothing to do. The caller is one statement as well, or rolls back, so that nothing stays half done.

Errors: 45503 interrupted, always.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
END //
DELIMITER ;
