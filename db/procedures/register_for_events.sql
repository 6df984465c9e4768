-- Books seats for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS register_for_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_for_events (
    IN p_requests LONGTEXT,
    IN p_wait     BOOLEAN
)
    COMMENT 'Makes registrations for many participants in one transaction, each as register_for_event would make it alone, one after the other. A request that is refused does no harm to the others.

p_requests  a JSON array of at most 1000 requests [actor_id, event_id, seats], in at most 60000 characters; seats may be null, which means 1. Numbers have at most 18 digits.
p_wait      TRUE: waits for events and users that somebody else is changing. FALSE or NULL: does not wait for them, and refuses requests for such an event with 45503 event_busy, and of such a user with 45503 participant_busy.

Returns a row per request, in the same order: (sqlstate, message, msg, event_id, seats_booked, seats_available, status). The first two say why it was refused and are NULL if it was not; the others are what register_for_event returns, and are NULL if it was.

Runs as a transaction of its own: whatever the session has not committed is rolled back first. An error other than 45422 means that nothing was booked.

Errors: 45422 invalid_input, 45503 interrupted. In rows: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 event_busy, 45503 participant_busy, 45503 interrupted.

Example: CALL register_for_events(''[[2, 1, 2], [3, 1, null], [2, 4, 1]]'', TRUE);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked, v_participants, v_outcomes LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_booked BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        -- In a session whose clock stands still, the triggers would take later statements for this one.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    CALL check_requests(p_requests, 'actor_id, event_id, seats');
    CALL allow_long_lists();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    IF p_wait THEN
        SET v_outcomes = book_seats_for_many(p_requests);
    ELSE
        -- Not in a function, because MariaDB ignores SKIP LOCKED there, and because with a binary log in MIXED format a
        -- function locks what it reads, even an event that somebody else holds.
        START TRANSACTION;
        CALL lock_events(p_requests, FALSE, v_locked);
        CALL lock_participants(p_requests, v_participants);
        CALL choose_bookings(p_requests, v_locked, v_participants, v_outcomes);
        SET v_booked = write_bookings(v_outcomes);
        CALL add_refusals(p_requests, v_locked, v_participants, v_outcomes);
    END IF;
    COMMIT AND NO CHAIN NO RELEASE;

    -- v_outcomes is as choose_bookings and add_refusals describe it.
    SELECT
        LEFT(o.refusal, 5) AS `sqlstate`, SUBSTRING(o.refusal, 7) AS message,
        CONCAT('Registered successfully for ', LEFT(CONVERT(UNHEX(o.title) USING utf8mb4), 200)) AS msg, o.event_id,
        o.seats_booked, o.seats_available, o.status
    FROM JSON_TABLE(
        v_outcomes,
        '$[*]' COLUMNS (
            event_id BIGINT PATH '$[0]', status VARCHAR(16) PATH '$[1]', title VARCHAR(1600) PATH '$[2]',
            NESTED PATH '$[3][*]' COLUMNS (
                number BIGINT PATH '$[0]', seats_booked BIGINT PATH '$[2]', seats_available BIGINT PATH '$[3]',
                refusal VARCHAR(128) PATH '$[4]'
            )
        )
    ) AS o
    ORDER BY o.number;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE register_for_events TO eventhub_api;
