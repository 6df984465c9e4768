-- Calls an event off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS cancel_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE cancel_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Calls an event of an organizer off. From then on it is in no list; the event and its registrations stay on record.

p_actor_id  the organizer: a user''s id.
p_event_id  the event.

Returns one row (msg, notified). notified is 1 if participants will be told, which they are if the event had not begun and somebody held a seat: a row in cancellations asks the notifier for it.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45401 invalid_token, 45403 organizer_required, 45404 event_not_found, 45503 interrupted.

Example: CALL cancel_event(1, 4);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_outcome LONGTEXT;
    DECLARE v_title VARCHAR(200);
    DECLARE v_notified BOOLEAN;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        -- In a session whose clock stands still, the triggers would take later statements for this one.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET v_outcome = call_off_event(p_actor_id, p_event_id);
    COMMIT AND NO CHAIN NO RELEASE;

    SET v_title = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[0]')),
        v_notified = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[1]'));
    SELECT CONCAT('Event ''', v_title, ''' deleted') AS msg, v_notified AS notified;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE cancel_event TO eventhub_api;
