-- The limits of a text that a user gives.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_text;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_text (
    IN p_field        VARCHAR(30),
    IN p_value        TEXT,
    IN p_max_length   INT,
    IN p_may_be_blank BOOLEAN
)
    COMMENT 'Refuses p_value, the text of the parameter p_field, if it is NULL, is longer than p_max_length characters, holds a NUL, or is blank where p_may_be_blank is false.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    IF p_value IS NULL THEN
        CALL refuse_input(p_field, 'is required');
    ELSEIF NOT p_may_be_blank AND p_value REGEXP '^[\\p{Z}\\t-\\r\\x{85}]*\\z' THEN
        CALL refuse_input(p_field, 'must not be blank');
    ELSEIF CHAR_LENGTH(p_value) > p_max_length THEN
        CALL refuse_input(p_field, CONCAT('must have at most ', p_max_length, ' characters'));
    -- As bytes, because the collation ignores NUL when it compares.
    ELSEIF LOCATE(x'00', CAST(p_value AS BINARY)) > 0 THEN
        CALL refuse_input(p_field, 'must not contain a NUL character');
    END IF;
END //
DELIMITER ;
