-- Shows whether reminders are on, in words for whoever has followed the link in one.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS describe_reminders;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE describe_reminders (
    IN p_email     TEXT,
    IN p_reminders BOOLEAN
)
    COMMENT 'Returns the row of show_reminders (reminders, title, text, note, button, field, value) for the user with the address p_email. The address is masked so that only its owner recognises it, because a forwarded mail takes its links along.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_who TEXT DEFAULT CONCAT(LEFT(p_email, 1), '***', SUBSTRING(p_email, LOCATE('@', p_email COLLATE utf8mb4_bin)));
    DECLARE v_note TEXT DEFAULT 'If an event that you are registered for changes or is cancelled, you are told in any case.';

    IF p_reminders THEN
        SELECT
            'on' AS reminders, 'Reminders are on' AS title,
            CONCAT('A day before an event that you are registered for begins, a reminder is sent to ', v_who, '.') AS text,
            v_note AS note, 'Turn reminders off' AS button, 'reminders' AS field, 'off' AS value;
    ELSE
        SELECT
            'off' AS reminders, 'Reminders are off' AS title,
            CONCAT('No reminders of events are sent to ', v_who, '.') AS text,
            v_note AS note, 'Turn reminders on' AS button, 'reminders' AS field, 'on' AS value;
    END IF;
END //
DELIMITER ;
