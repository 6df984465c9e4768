-- Gives booked seats back.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS unregister_from_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE unregister_from_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Ends the registration of a participant for an event, and gives its seats back.

p_actor_id  the participant: a user''s id.
p_event_id  the event.

Returns one row (msg, seats_available).

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 interrupted.

Example: CALL unregister_from_event(2, 3);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_outcome LONGTEXT;
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats_available BIGINT;
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
    SET v_outcome = return_seats(p_actor_id, p_event_id);
    COMMIT AND NO CHAIN NO RELEASE;

    SET v_title = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[0]')),
        v_seats_available = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[1]'));
    SELECT
        CONCAT('Your registration for ''', v_title, ''' has been cancelled') AS msg, v_seats_available AS seats_available;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE unregister_from_event TO eventhub_api;
