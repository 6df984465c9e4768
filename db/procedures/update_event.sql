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
    COMMENT 'Changes an event of the organizer p_actor_id and returns one row (msg). A NULL leaves its field as it is; the limits are those of create_event. A new p_total_seats moves the free seats by the same amount and cannot go below what is booked. If the date, the venue or the speaker becomes another one and somebody holds a seat, a row in notices asks the notifier to tell them.

One transaction of its own: what the session has open and not committed is rolled back. All that is wrong with the input is told at once, by rows (invalid_field, message) before the error; check_event_changes does so without changing anything.

Errors: 45401 invalid_token, 45403 organizer_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 capacity_below_booked.'
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
        -- In a session whose clock stands still it would speak for later statements as well.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL require_role(p_actor_id, 'organizer');
    CALL check_event_changes(p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL read_moment('event_date', p_event_date, v_event_date);
    SET v_total_seats = p_total_seats;

    -- What was read may have begun a transaction.
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
