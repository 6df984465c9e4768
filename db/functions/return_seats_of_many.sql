-- The one statement that gives seats back for many at once.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS return_seats_of_many;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION return_seats_of_many (
    p_requests LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
    COMMENT 'The part of unregister_from_events that changes data, where it may wait for locks. One statement of its caller, so that a call that is killed has done all of it or nothing. p_requests is a list that unregister_from_events has found well-formed. Returns the outcomes, as judge_cancellations writes them.

Errors: 45503 interrupted. In the outcomes: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 event_busy, 45503 registration_busy.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked, v_outcomes LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_ended BIGINT;

    CALL lock_events(p_requests, TRUE, v_locked);
    CALL judge_cancellations(p_requests, v_locked, NULL, v_outcomes);
    SET v_ended = end_registrations(v_outcomes);
    RETURN v_outcomes;
END //
DELIMITER ;
