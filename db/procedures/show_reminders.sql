-- Shows whether somebody gets reminders, for whoever has the link in their mail.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS show_reminders;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE show_reminders (
    IN p_token TEXT
)
    COMMENT 'Shows whether reminders are on or off for a user, in words for them to read. Changes nothing, so that it does no harm if a program follows the link.

p_token  the token in the link of a reminder, as unsubscribe_token makes it: it says who the user is.

Returns one row (reminders, title, text, note, button, field, value). reminders is on or off. In the text only the first letter of the address and its domain can be read. button, field and value are what it takes to change it: the words for it, and the parameter of set_reminders with its value.

Errors: 45404 unknown_link, 45503 not_migrated.

Example: CALL show_reminders(''2-a2b6c5ad7d7a2a02ebeb8ea0eb6a8ea2dd3be01a2dc4cdd3a01b4fa4d2d4f6a1'');'
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
