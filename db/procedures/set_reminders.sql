-- Turns somebody's reminders on or off, for whoever has the link in their mail.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS set_reminders;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE set_reminders (
    IN p_token     TEXT,
    IN p_reminders TEXT
)
    COMMENT 'Turns the reminders of a user on or off. Idempotent. Whoever turns them on is reminded of events that start in more than 24 hours, and may miss the reminders of earlier ones.

p_token      the token in the link of a reminder, as unsubscribe_token makes it: it says who the user is.
p_reminders  on or off; One-Click, which mail providers send (RFC 8058), means off.

Returns the row of show_reminders as it is afterwards.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input, 45404 unknown_link, 45503 not_migrated, 45503 interrupted.

Example: CALL set_reminders(''2-a2b6c5ad7d7a2a02ebeb8ea0eb6a8ea2dd3be01a2dc4cdd3a01b4fa4d2d4f6a1'', ''off'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_user_id BIGINT UNSIGNED;
    DECLARE v_email VARCHAR(255);
    DECLARE v_wanted, v_reminders BOOLEAN;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;

    SET p_reminders = COALESCE(LOWER(p_reminders COLLATE utf8mb4_bin), '');
    -- As bytes, because by the collation some other letters, and blanks at the end, are equal.
    IF CAST(p_reminders AS BINARY) NOT IN ('on', 'off', 'one-click') THEN
        CALL refuse_input('reminders', 'must be on or off');
    END IF;
    SET v_wanted = p_reminders = 'on';
    CALL read_link_token(p_token, v_user_id);

    -- The reads above may have begun a transaction, in which SET TRANSACTION is refused.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    UPDATE users SET wants_reminders = v_wanted WHERE id = v_user_id;
    SELECT email, wants_reminders INTO v_email, v_reminders FROM users WHERE id = v_user_id;
    IF v_email IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'unknown_link: This link is not known, please use the one in your latest mail';
    ELSEIF v_reminders <> v_wanted THEN
        CALL refuse_interrupted();
    END IF;
    COMMIT AND NO CHAIN NO RELEASE;
    CALL describe_reminders(v_email, v_reminders);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE set_reminders TO eventhub_api;
