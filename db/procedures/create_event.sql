-- Publishes an event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS create_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE create_event (
    IN p_actor_id    BIGINT UNSIGNED,
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  TEXT,
    IN p_total_seats DECIMAL(65, 30)
)
    COMMENT 'Publishes an event of the organizer p_actor_id, with all its seats free, and returns one row (msg, event_id).

p_title, p_venue  one line of 1 to 200 characters, in which something is to be seen.
p_description     at most 2000 characters; NULL means none. No control characters but tabs and line ends.
p_speaker         one line of 1 to 120 characters, none of them invisible.
p_event_date      when it starts, UTC and without an offset, such as 2035-05-01 18:00:00; in the future.
p_total_seats     1 to 1000000.

One transaction of its own: what the session has open and not committed is rolled back. All that is wrong with the input is told at once, by rows (invalid_field, message) before the error; check_event does so without creating anything.

Errors: 45401 invalid_token, 45403 organizer_required, 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    DECLARE v_event_date DATETIME;
    DECLARE v_total_seats BIGINT;
    DECLARE v_event_id BIGINT UNSIGNED;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL require_role(p_actor_id, 'organizer');
    CALL check_event(p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL read_moment('event_date', p_event_date, v_event_date);
    SET v_total_seats = p_total_seats;

    -- What was read may have begun a transaction. The INSERT is the whole one where the client commits by itself, so that a
    -- killed CALL leaves none open.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET v_now = utc_clock();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    INSERT INTO events (
        organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available, created_at
    )
    VALUES (
        p_actor_id, p_title, COALESCE(p_description, ''), p_venue, p_speaker, v_event_date, v_total_seats, v_total_seats,
        v_now - INTERVAL MICROSECOND(v_now) MICROSECOND
    );
    SET v_event_id = LAST_INSERT_ID();
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT 'Event created successfully' AS msg, v_event_id AS event_id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE create_event TO eventhub_api;
