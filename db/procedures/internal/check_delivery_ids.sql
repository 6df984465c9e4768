-- A list of deliveries, as JSON.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_delivery_ids;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_delivery_ids (
    IN p_delivery_ids LONGTEXT
)
    COMMENT 'Refuses p_delivery_ids unless it is a JSON array, such as [17,18,23], of whole numbers, of at most 100000 characters.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- First, because a regular expression takes its time, and MySQL only so much of it.
    IF CHAR_LENGTH(p_delivery_ids) > 100000 THEN
        CALL refuse_input('delivery_ids', 'must have at most 100000 characters');
    END IF;
    -- Nothing but numbers in one array: of what else may stand in JSON the servers have their own opinions.
    IF COALESCE(p_delivery_ids NOT REGEXP '^[ \t\r\n]*\\[[0-9, \t\r\n]*\\][ \t\r\n]*\\z', TRUE) THEN
        CALL refuse_input('delivery_ids', 'must be a JSON array of ids');
    ELSEIF JSON_VALID(p_delivery_ids) = 0 THEN
        CALL refuse_input('delivery_ids', 'must be a JSON array of ids');
    END IF;
END //
DELIMITER ;
