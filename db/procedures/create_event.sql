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
    COMMENT 'Publishes an event of an organizer. All its seats are free.

p_actor_id        the organizer: a user''s id.
p_title, p_venue  one line of 1 to 200 characters, at least one of them visible.
p_description     at most 2000 characters, without control characters other than tabs and line ends; NULL means none.
p_speaker         one line of 1 to 120 characters, all of them visible.
p_event_date      when it starts: UTC without an offset, such as 2035-05-01 18:00:00; in the future.
p_total_seats     how many seats: 1 to 1000000.

Returns one row (msg, event_id).

Runs as a transaction of its own: whatever the session has not committed is rolled back first. All that is wrong with the input is told at once, by rows (invalid_field, message) before the error; check_event does the same without creating anything.

Errors: 45401 invalid_token, 45403 organizer_required, 45422 invalid_input.

Example: CALL create_event(1, ''Compilers'', NULL, ''Hall 1'', ''Grace Hopper'', ''2035-05-01 18:00:00'', 30);'
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
        SET @eventhub_creates = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL require_role(p_actor_id, 'organizer');
    CALL check_event(p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL read_moment('event_date', p_event_date, v_event_date);
    SET v_total_seats = p_total_seats;

    -- The reads above may have begun a transaction, in which SET TRANSACTION is refused. In a session that commits by itself
    -- the INSERT is a transaction of its own, so that a killed CALL leaves none open.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET v_now = utc_clock();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    -- Tells the trigger to write the words down whatever the session's settings are.
    SET @eventhub_creates = TRUE;
    INSERT INTO events (
        organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available, created_at
    )
    VALUES (
        p_actor_id, p_title, COALESCE(p_description, ''), p_venue, p_speaker, v_event_date, v_total_seats, v_total_seats,
        v_now - INTERVAL MICROSECOND(v_now) MICROSECOND
    );
    SET v_event_id = LAST_INSERT_ID();
    SET @eventhub_creates = NULL;
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT 'Event created successfully' AS msg, v_event_id AS event_id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE create_event TO eventhub_api;
