-- Changes an event, its capacity included.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS update_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE update_event (
    IN p_actor_id    BIGINT UNSIGNED,
    IN p_event_id    BIGINT,
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  TEXT,
    IN p_total_seats DECIMAL(65, 30)
)
    COMMENT 'Changes an event of an organizer. If the date, the venue or the speaker changes and somebody holds a seat, a row in notices has the notifier tell them.

p_actor_id         the organizer: a user''s id.
p_event_id         the event.
p_title and so on  the new values, with the limits of create_event; NULL leaves a field as it is.
p_total_seats      moves the free seats by the same amount, and cannot be below what is booked.

Returns one row (msg).

Runs as a transaction of its own: whatever the session has not committed is rolled back first. All that is wrong with the input is told at once, by rows (invalid_field, message) before the error; check_event_changes does the same without changing anything.

Errors: 45401 invalid_token, 45403 organizer_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 capacity_below_booked.

Example: CALL update_event(1, 1, NULL, NULL, ''Hall 2'', NULL, NULL, 50);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_event_date DATETIME;
    DECLARE v_total_seats BIGINT;
    DECLARE v_done BOOLEAN;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        -- In a session whose clock stands still, the triggers would take later statements for this one.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL require_role(p_actor_id, 'organizer');
    CALL check_event_changes(p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL read_moment('event_date', p_event_date, v_event_date);
    SET v_total_seats = p_total_seats;

    -- The reads above may have begun a transaction, in which SET TRANSACTION is refused.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET v_done = change_event(
        p_actor_id, p_event_id, p_title, p_description, p_venue, p_speaker, v_event_date, v_total_seats
    );
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT 'Event updated successfully!' AS msg;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE update_event TO eventhub_api;
