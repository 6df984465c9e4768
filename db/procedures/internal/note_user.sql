-- Notes what is wrong with the fields of a user who signs up.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS note_user;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE note_user (
    INOUT p_faults LONGTEXT,
    IN    p_name   TEXT,
    IN    p_email  TEXT,
    IN    p_role   TEXT
)
    COMMENT 'Adds to p_faults what is wrong with the name, the e-mail address and the role of a user, by the rules of register_user.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    CALL trim_email(p_email);
    CALL note_fault(p_faults, 'name', text_fault(p_name, 120, 'name'));
    CALL note_fault(p_faults, 'email', email_fault(p_email));
    -- As bytes, because by the collation some other letters, and blanks at the end, are equal.
    IF CAST(LOWER(p_role COLLATE utf8mb4_bin) AS BINARY) NOT IN ('organizer', 'participant') THEN
        CALL note_fault(p_faults, 'role', 'must be organizer or participant');
    END IF;
END //
DELIMITER ;
