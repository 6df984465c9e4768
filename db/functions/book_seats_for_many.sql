-- The one statement that books seats for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS book_seats_for_many;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION book_seats_for_many (
    p_requests LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
    COMMENT 'The part of register_for_events that changes data, where it may wait for locks. One statement of its caller, so that a call that is killed has done all of it or nothing. p_requests is a list that register_for_events has found well-formed. Returns the outcomes, as choose_bookings and add_refusals write them.

Errors: 45503 interrupted. In the outcomes: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 event_busy, 45503 participant_busy, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked, v_bookings LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_booked BIGINT;

    CALL lock_events(p_requests, TRUE, v_locked);
    CALL await_participants(p_requests);
    CALL choose_bookings(p_requests, v_locked, NULL, v_bookings);
    SET v_booked = write_bookings(v_bookings);
    CALL add_refusals(p_requests, v_locked, NULL, v_bookings);
    RETURN v_bookings;
END //
DELIMITER ;
