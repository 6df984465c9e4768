-- Books seats for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS register_for_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_for_events (
    IN p_requests LONGTEXT,
    IN p_wait     BOOLEAN
)
    COMMENT 'Makes registrations for many participants in one transaction, each as register_for_event would make it alone, one after the other. Returns one row per request, in the same order: (sqlstate, message), why it was refused, or NULLs; and what register_for_event returns: (msg, event_id, seats_booked, seats_available, status), or NULLs. A request that is refused harms no other.

p_requests  a JSON array of at most 1000 requests [actor_id, event_id, seats]; seats may be null, which means 1. Numbers have at most 18 digits.
p_wait      TRUE: an event that somebody else is changing is waited for. FALSE or NULL: nothing is waited for, and requests for such an event are refused with 45503 event_busy.

CALL register_for_events(''[[7, 12, 2], [8, 12, null], [7, 14, 1]]'', TRUE);

One transaction of its own: what the session has open and not committed is rolled back. An error other than 45422 means that nothing was booked.

Errors: 45422 invalid_input, 45503 interrupted. In rows: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 event_busy, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- As explain_refusals takes them: what is locked, and what is booked, with the seats that each event loses. What grows
    -- with each request is compared and copied often, which takes many times as long in utf8mb4.
    DECLARE v_locked, v_bookings, v_event, v_of_event LONGTEXT CHARACTER SET ascii COLLATE ascii_bin DEFAULT '';
    DECLARE v_refusals LONGTEXT;
    DECLARE v_number, v_event_id, v_current_id, v_seats, v_seats_available, v_first, v_left, v_last_id, v_requests BIGINT;
    DECLARE v_actor_id BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_status VARCHAR(16);
    DECLARE v_count, v_event_count BIGINT DEFAULT 0;
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    -- What may be booked as far as each request alone is concerned.
    DECLARE c_requests CURSOR FOR
        SELECT q.number, q.event_id, q.actor_id, COALESCE(q.seats, 1), o.seats_available, o.title, o.status
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
            number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]',
            seats BIGINT PATH '$[2]'
        )) AS q
        STRAIGHT_JOIN open_registrations AS o ON o.user_id = q.actor_id AND o.event_id = q.event_id
        WHERE COALESCE(q.seats, 1) BETWEEN 1 AND o.max_seats
        ORDER BY q.event_id, q.number;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK;
    -- The length first, because a regular expression takes its time, and MySQL only so much of it.
    IF CHAR_LENGTH(p_requests) > 60000 THEN
        CALL refuse_input('requests', 'must have at most 60000 characters');
    ELSEIF COALESCE(p_requests COLLATE utf8mb4_bin NOT REGEXP
        '^\\[ *(?:\\[ *(?:0|[1-9][0-9]{0,17}) *, *-?(?:0|[1-9][0-9]{0,17}) *, *(?:-?(?:0|[1-9][0-9]{0,17})|null) *\\] *(?:, *(?=\\[)|(?=\\])))*\\] *\\z', TRUE) THEN
        CALL refuse_input('requests', 'must be a JSON array of [actor_id, event_id, seats]');
    END IF;
    SET v_requests = JSON_LENGTH(p_requests);
    IF v_requests > 1000 THEN
        CALL refuse_input('requests', 'must have at most 1000 requests');
    END IF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;

    -- The locks first and everything else after them, by the clock of then: the wait may have been long. The ids first and
    -- each event by its key, so that no other row is touched. In ascending order also where nothing is waited for, because
    -- MariaDB waits for a moment even for what it is to skip. The LIMIT, which no list exceeds, is what keeps the order.
    IF p_wait THEN
        SELECT JSON_ARRAYAGG(e.id), MAX(e.id) INTO v_locked, v_last_id
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE;
    ELSE
        SELECT JSON_ARRAYAGG(e.id), MAX(e.id) INTO v_locked, v_last_id
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE SKIP LOCKED;
    END IF;
    SET v_locked = REPLACE(SUBSTRING(v_locked, 2, CHAR_LENGTH(v_locked) - 2), ' ', '');
    -- MariaDB cuts JSON_ARRAYAGG off where group_concat_max_len is too small for it, be it within an id.
    IF SUBSTRING_INDEX(v_locked, ',', -1) <> CAST(v_last_id AS CHAR) THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;

    -- Within each event in arrival order, as long as there are seats, and each participant once.
    OPEN c_requests;
    FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_status;
    WHILE NOT v_done DO
        SET v_current_id = v_event_id, v_of_event = '',
            -- What was not locked, be it because the statement was killed, has no seats to give.
            v_first = IF(FIND_IN_SET(v_event_id, v_locked), v_seats_available, 0), v_left = v_first,
            v_event = CONCAT(',[', v_event_id, ',"', v_status, '","', HEX(v_title), '",[');
        WHILE NOT v_done AND v_event_id = v_current_id DO
            -- A blank stands before the participant only, so that no other number is taken for one.
            IF v_seats <= v_left AND LOCATE(CONCAT(', ', v_actor_id, ','), v_of_event) = 0 THEN
                SET v_left = v_left - v_seats,
                    v_of_event = CONCAT(v_of_event, ',[', v_number, ', ', v_actor_id, ',', v_seats, ',', v_left, ']');
            END IF;
            FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_status;
        END WHILE;
        IF v_of_event <> '' THEN
            SET v_event_count = v_event_count + 1,
                v_bookings = CONCAT(v_bookings, v_event, SUBSTRING(v_of_event, 2), '],', v_first - v_left, ']');
        END IF;
    END WHILE;
    CLOSE c_requests;
    -- One blank for each.
    SET v_count = CHAR_LENGTH(v_bookings) - CHAR_LENGTH(REPLACE(v_bookings, ' ', '')),
        v_bookings = CONCAT('[', SUBSTRING(v_bookings, 2), ']');

    IF v_count > 0 THEN
        INSERT INTO registrations (event_id, user_id, seats)
        SELECT b.event_id, b.actor_id, b.seats
        FROM JSON_TABLE(v_bookings, '$[*]' COLUMNS (
            event_id BIGINT PATH '$[0]',
            NESTED PATH '$[3][*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[1]', seats BIGINT PATH '$[2]')
        )) AS b;
        -- A statement that is killed may end as if it had found nothing to do.
        IF ROW_COUNT() <> v_count THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
        UPDATE JSON_TABLE(v_bookings, '$[*]' COLUMNS (event_id BIGINT PATH '$[0]', seats BIGINT PATH '$[4]')) AS b
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = b.event_id
        SET e.seats_available = e.seats_available - b.seats;
        IF ROW_COUNT() <> v_event_count THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
    END IF;
    IF v_count < v_requests THEN
        CALL explain_refusals(p_requests, v_bookings, COALESCE(v_locked, ''), v_refusals);
        IF COALESCE(JSON_LENGTH(v_refusals), 0) <> v_requests - v_count THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
    END IF;
    COMMIT;

    SELECT
        LEFT(o.refusal, 5) AS `sqlstate`, SUBSTRING(o.refusal, 7) AS message,
        CONCAT('Registered successfully for ', LEFT(CONVERT(UNHEX(o.title) USING utf8mb4), 200)) AS msg, o.event_id,
        o.seats_booked, o.seats_available, o.status
    FROM JSON_TABLE(
        CASE
            WHEN v_refusals IS NULL THEN v_bookings
            ELSE CONCAT(
                LEFT(v_bookings, CHAR_LENGTH(v_bookings) - 1), IF(v_count > 0, ',', ''), '[null,null,null,', v_refusals, ']]'
            )
        END,
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
