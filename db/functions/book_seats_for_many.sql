-- The one statement that books seats for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS book_seats_for_many;

-- DETERMINISTIC, because with a binary log MySQL takes no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION book_seats_for_many (
    p_requests LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
    COMMENT 'What register_for_events does with a list that it has found to be well-formed, where locks are to be waited for. One statement of its caller: killed at any moment, it has done all of it or nothing. Returns what was booked as choose_bookings has it, and refusals as add_refusals has them.

Errors: 45503 interrupted. Told are 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 event_busy, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked, v_bookings LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_booked BIGINT;

    -- The locks first and everything else after them, by the clock of then: the wait may have been long, and what is read
    -- within one statement is as old as its first read. The ids first and each event by its key, so that no other row is
    -- touched. The LIMIT, which no list exceeds, is what keeps the order.
    SELECT JSON_ARRAYAGG(e.id) INTO v_locked
    FROM (
        SELECT DISTINCT q.event_id
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
        ORDER BY q.event_id
        LIMIT 1000
    ) AS wanted
    STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
    FOR UPDATE;
    SET v_locked = COALESCE(REPLACE(SUBSTRING(v_locked, 2, CHAR_LENGTH(v_locked) - 2), ' ', ''), '');
    CALL choose_bookings(p_requests, v_locked, v_bookings);
    SET v_booked = write_bookings(v_bookings);
    CALL add_refusals(p_requests, v_locked, v_bookings);
    RETURN v_bookings;
END //
DELIMITER ;
