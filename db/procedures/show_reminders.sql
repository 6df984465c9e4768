-- Whether somebody gets reminders, for who has the link.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS show_reminders;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE show_reminders (
    IN p_token TEXT
)
    COMMENT 'Returns one row (reminders, title, text, note, button, field, value): whether reminders are on or off for the user whose unsubscribe token p_token is, in words for them to read, with all but the first letter of their name in the address masked; and what set_reminders would take to turn it around: the parameter, its value, and the words for it. It changes nothing, whoever follows the link.

Errors: 45404 unknown_link, 45503 not_migrated.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_user_id BIGINT UNSIGNED;
    DECLARE v_email VARCHAR(255);
    DECLARE v_reminders BOOLEAN;

    CALL read_link_token(p_token, v_user_id);
    SELECT email, wants_reminders INTO v_email, v_reminders FROM users WHERE id = v_user_id;
    IF v_email IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'unknown_link: This link is not known, please use the one in your latest mail';
    END IF;
    CALL describe_reminders(v_email, v_reminders);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE show_reminders TO eventhub_api;
