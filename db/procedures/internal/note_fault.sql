-- Notes one fault in what a procedure was called with.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS note_fault;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE note_fault (
    INOUT p_faults  LONGTEXT,
    IN    p_field   VARCHAR(30),
    IN    p_problem VARCHAR(90)
)
    COMMENT 'Adds to p_faults, a list for refuse_faults that is NULL at first, what is wrong with the parameter p_field, such as "must not be blank". If p_problem is NULL nothing is wrong, and p_faults stays as it is.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    IF p_problem IS NOT NULL THEN
        SET p_faults = JSON_ARRAY_APPEND(COALESCE(p_faults, '[]'), '$', JSON_ARRAY(p_field, p_problem));
    END IF;
END //
DELIMITER ;
