-- Checks a list of deliveries, which is JSON.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_delivery_ids;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_delivery_ids (
    IN p_delivery_ids LONGTEXT
)
    COMMENT 'Refuses p_delivery_ids unless it is a JSON array of whole numbers, such as [17,18,23], in at most 100000 characters.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- The length first: a regular expression takes long on a long text, and MySQL gives up on one that takes too long.
    IF CHAR_LENGTH(p_delivery_ids) > 100000 THEN
        CALL refuse_input('delivery_ids', 'must have at most 100000 characters');
    END IF;
    -- Nothing but numbers in one array, because the servers differ in what else they accept as JSON.
    IF COALESCE(p_delivery_ids NOT REGEXP '^[ \t\r\n]*\\[[0-9, \t\r\n]*\\][ \t\r\n]*\\z', TRUE) THEN
        CALL refuse_input('delivery_ids', 'must be a JSON array of ids');
    ELSEIF JSON_VALID(p_delivery_ids) = 0 THEN
        CALL refuse_input('delivery_ids', 'must be a JSON array of ids');
    END IF;
END //
DELIMITER ;
