-- The one statement that books seats for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS book_seats_for_many;

-- DETERMINISTIC, because with a binary log MySQL takes no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION book_seats_for_many (
    p_requests LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    p_locked   LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
    COMMENT 'What register_for_events does within its transaction, with a list that it has found to be well-formed. p_locked is the JSON array of the events that the caller has locked; where it is NULL all are locked here, however long that takes. One statement of its caller: killed at any moment, it has done all of it or nothing. Returns a JSON array of [event_id, status, title in hexadecimal, outcomes, seats taken]; an outcome is [place in p_requests, actor_id, seats, seats left], or, under an event_id of null, [place, null, null, null, "45nnn code: sentence"]. Places count from 1.

Errors: 45503 interrupted. Told are 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 event_busy, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- As explain_refusals takes them: what is locked, and what is booked, with the seats that each event loses. What grows
    -- with each request is compared and copied often, which takes many times as long in utf8mb4.
    DECLARE v_locked, v_bookings, v_event, v_of_event LONGTEXT CHARACTER SET ascii COLLATE ascii_bin DEFAULT '';
    DECLARE v_refusals LONGTEXT;
    DECLARE v_number, v_event_id, v_current_id, v_seats, v_seats_available, v_first, v_left, v_requests BIGINT;
    DECLARE v_actor_id BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_now DATETIME(6);
    DECLARE v_event_date DATETIME;
    DECLARE v_status VARCHAR(16);
    DECLARE v_count, v_event_count BIGINT DEFAULT 0;
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    -- What may be booked as far as each request alone is concerned.
    DECLARE c_requests CURSOR FOR
        SELECT q.number, q.event_id, q.actor_id, COALESCE(q.seats, 1), o.seats_available, o.title, o.event_date
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
            number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]',
            seats BIGINT PATH '$[2]'
        )) AS q
        STRAIGHT_JOIN seat_offers AS o ON o.user_id = q.actor_id AND o.event_id = q.event_id
        WHERE COALESCE(q.seats, 1) BETWEEN 1 AND o.max_seats AND o.event_date > v_now
        ORDER BY q.event_id, q.number;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;

    SET v_requests = JSON_LENGTH(p_requests);

    -- The locks first and everything else after them, by the clock of then: the wait may have been long, and what is read
    -- within one statement is as old as its first read. The ids first and each event by its key, so that no other row is
    -- touched. The LIMIT, which no list exceeds, is what keeps the order.
    IF p_locked IS NULL THEN
        SELECT JSON_ARRAYAGG(e.id) INTO v_locked
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE;
    ELSE
        SET v_locked = p_locked;
    END IF;
    SET v_locked = COALESCE(REPLACE(SUBSTRING(v_locked, 2, CHAR_LENGTH(v_locked) - 2), ' ', ''), '');

    -- Within each event in arrival order, as long as there are seats, and each participant once.
    SET v_now = utc_clock();
    OPEN c_requests;
    FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_event_date;
    WHILE NOT v_done DO
        SET v_status = IF(v_event_date <= v_now + INTERVAL 24 HOUR, 'soon', 'upcoming'),
            v_current_id = v_event_id, v_of_event = '',
            -- What was not locked, be it because the statement was killed, has no seats to give.
            v_first = IF(FIND_IN_SET(v_event_id, v_locked), v_seats_available, 0), v_left = v_first,
            v_event = CONCAT(',[', v_event_id, ',"', v_status, '","', HEX(v_title), '",[');
        WHILE NOT v_done AND v_event_id = v_current_id DO
            -- A blank stands before the participant only, so that no other number is taken for one.
            IF v_seats <= v_left AND LOCATE(CONCAT(', ', v_actor_id, ','), v_of_event) = 0 THEN
                SET v_left = v_left - v_seats,
                    v_of_event = CONCAT(v_of_event, ',[', v_number, ', ', v_actor_id, ',', v_seats, ',', v_left, ']');
            END IF;
            FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_event_date;
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
        -- The triggers leave the seats to this statement.
        SET @eventhub_statement = NOW(6), v_now = v_now - INTERVAL MICROSECOND(v_now) MICROSECOND;
        INSERT INTO registrations (event_id, user_id, seats, registered_at)
        SELECT b.event_id, b.actor_id, b.seats, v_now
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
        SET @eventhub_statement = NULL;
    END IF;
    IF v_count < v_requests THEN
        CALL explain_refusals(p_requests, v_bookings, v_locked, v_refusals);
        IF COALESCE(JSON_LENGTH(v_refusals), 0) <> v_requests - v_count THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
    END IF;

    IF v_refusals IS NULL THEN
        RETURN v_bookings;
    END IF;
    RETURN CONCAT(
        LEFT(v_bookings, CHAR_LENGTH(v_bookings) - 1), IF(v_count > 0, ',', ''), '[null,null,null,', v_refusals, ']]'
    );
END //
DELIMITER ;
