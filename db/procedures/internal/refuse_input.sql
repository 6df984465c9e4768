-- Refuses a parameter: the one form in which procedures do.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS refuse_input;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE refuse_input (
    IN p_field   VARCHAR(30),
    IN p_problem VARCHAR(90)
)
    COMMENT 'Raises 45422 invalid_input naming the parameter p_field and what is wrong with it, such as "must not be blank".

Errors: 45422 invalid_input, always.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_message VARCHAR(128) DEFAULT LEFT(CONCAT('invalid_input(', p_field, '): ', p_field, ' ', p_problem), 128);

    SIGNAL SQLSTATE '45422' SET MESSAGE_TEXT = v_message;
END //
DELIMITER ;
