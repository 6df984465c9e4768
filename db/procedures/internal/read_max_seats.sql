-- Reads how many seats one registration may hold.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS read_max_seats;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE read_max_seats (
    OUT p_max_seats BIGINT
)
    COMMENT 'Sets p_max_seats to the setting max_seats_per_booking, or to its default if the row is missing.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    SELECT COALESCE(MAX(value), 10) INTO p_max_seats FROM settings WHERE name = 'max_seats_per_booking';
END //
DELIMITER ;
