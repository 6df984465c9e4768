-- Gives booked seats back for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS unregister_from_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE unregister_from_events (
    IN p_requests LONGTEXT,
    IN p_wait     BOOLEAN
)
    COMMENT 'Ends registrations of many participants in one transaction, each as unregister_from_event would end it alone, one after the other. A request that is refused does no harm to the others.

p_requests  a JSON array of at most 1000 requests [actor_id, event_id], in at most 60000 characters. Numbers have at most 18 digits.
p_wait      TRUE: waits for events and registrations that somebody else is changing. FALSE or NULL: does not wait for them, and refuses requests for such an event with 45503 event_busy, and for such a registration with 45503 registration_busy.

Returns a row per request, in the same order: (sqlstate, message, msg, seats_available). The first two say why it was refused and are NULL if it was not; the others are what unregister_from_event returns, and are NULL if it was.

Runs as a transaction of its own: whatever the session has not committed is rolled back first. An error other than 45422 means that nothing was given back.

Errors: 45422 invalid_input, 45503 interrupted. In rows: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 event_busy, 45503 registration_busy.

Example: CALL unregister_from_events(''[[2, 3], [3, 1]]'', TRUE);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked, v_registrations, v_outcomes LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_ended BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        -- In a session whose clock stands still, the triggers would take later statements for this one.
        SET @eventhub_statement = NULL;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    CALL check_requests(p_requests, 'actor_id, event_id');
    CALL allow_long_lists();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    IF p_wait THEN
        SET v_outcomes = return_seats_of_many(p_requests);
    ELSE
        -- Not in a function, for the reasons that register_for_events gives.
        START TRANSACTION;
        CALL lock_events(p_requests, FALSE, v_locked);
        CALL lock_registrations(p_requests, v_registrations);
        CALL judge_cancellations(p_requests, v_locked, v_registrations, v_outcomes);
        SET v_ended = end_registrations(v_outcomes);
    END IF;
    COMMIT AND NO CHAIN NO RELEASE;

    SELECT
        LEFT(o.refusal, 5) AS `sqlstate`, SUBSTRING(o.refusal, 7) AS message,
        IF(o.refusal IS NULL, CONCAT('Your registration for ''', e.title, ''' has been cancelled'), NULL) AS msg,
        o.seats_available
    FROM JSON_TABLE(v_outcomes, '$[*]' COLUMNS (
        number BIGINT PATH '$[0]', event_id BIGINT PATH '$[1]', seats_available BIGINT PATH '$[4]',
        refusal VARCHAR(128) PATH '$[5]'
    )) AS o
    LEFT JOIN events AS e ON e.id = o.event_id
    ORDER BY o.number;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE unregister_from_events TO eventhub_api;
