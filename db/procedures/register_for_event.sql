-- Books seats.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS register_for_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_for_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT,
    IN p_seats    DECIMAL(65, 30)
)
    COMMENT 'Books seats of an event for a participant. The event''s row is locked before anything about it is believed, so no seat is sold twice however many call at once.

p_actor_id  the participant: a user''s id.
p_event_id  the event.
p_seats     how many: 1 to the setting max_seats_per_booking; NULL means 1.

Returns one row (msg, event_id, seats_booked, seats_available, status); the status is that of get_event.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 interrupted.

Example: CALL register_for_event(2, 1, 2);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_outcome LONGTEXT;
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats, v_seats_available BIGINT;
    DECLARE v_status VARCHAR(16);
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        -- In a session whose clock stands still, the triggers would take later statements for this one.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;

    -- The parameter is a DECIMAL because a whole type would round 1.5 without an error.
    IF p_seats <> FLOOR(p_seats) THEN
        CALL refuse_input('seats', 'must be a whole number');
    END IF;
    SET v_seats = COALESCE(p_seats, 1);
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET v_outcome = book_seats(p_actor_id, p_event_id, v_seats);
    COMMIT AND NO CHAIN NO RELEASE;

    SET v_title = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[0]')),
        v_seats_available = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[1]')),
        v_status = JSON_UNQUOTE(JSON_EXTRACT(v_outcome, '$[2]'));
    SELECT
        CONCAT('Registered successfully for ', v_title) AS msg, p_event_id AS event_id, v_seats AS seats_booked,
        v_seats_available AS seats_available, v_status AS status;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE register_for_event TO eventhub_api;
