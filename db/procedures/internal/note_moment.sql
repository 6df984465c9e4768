-- Reads a date and time that a caller gives, and notes if it is none.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS note_moment;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE note_moment (
    INOUT p_faults LONGTEXT,
    IN    p_field  VARCHAR(30),
    IN    p_text   TEXT,
    OUT   p_moment DATETIME
)
    COMMENT 'Reads p_text, the date of the parameter p_field, into p_moment: UTC, such as 2035-05-01 18:00:00, without an offset, which one server would take into account and the other would drop. Without a time it means midnight; fractions of a second are dropped; NULL stays NULL. If it is no date, p_moment is NULL and the fault is added to p_faults.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- Such as the 31st of February.
    DECLARE CONTINUE HANDLER FOR SQLSTATE '22007' SET p_moment = NULL;

    IF p_text REGEXP '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?)?\\z' THEN
        SET p_moment = CAST(SUBSTRING_INDEX(p_text, '.', 1) AS DATETIME);
    END IF;
    IF p_text IS NOT NULL AND p_moment IS NULL THEN
        CALL note_fault(p_faults, p_field, 'must be a date and time in UTC, without an offset');
    END IF;
END //
DELIMITER ;
