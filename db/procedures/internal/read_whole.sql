-- A number of things that a caller gives.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS read_whole;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE read_whole (
    IN  p_field  VARCHAR(30),
    IN  p_number DECIMAL(65, 30),
    OUT p_whole  BIGINT
)
    COMMENT 'Refuses p_number, the value of the parameter p_field, if it has a fraction, which a parameter of a whole type would round without a word. NULL stays NULL.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    IF p_number <> FLOOR(p_number) THEN
        CALL refuse_input(p_field, 'must be a whole number');
    END IF;
    SET p_whole = p_number;
END //
DELIMITER ;
