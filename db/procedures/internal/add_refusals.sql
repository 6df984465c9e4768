-- Adds the refusals of a list to its bookings.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS add_refusals;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE add_refusals (
    IN    p_requests     LONGTEXT,
    IN    p_locked       LONGTEXT,
    IN    p_participants LONGTEXT,
    INOUT p_outcomes     LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Adds to p_outcomes, the bookings of p_requests as choose_bookings has written them, why the other requests were refused: one more element

[null, null, null, [[place, null, null, null, "45nnn code: sentence"], ...]]

p_locked and p_participants are as explain_refusals takes them. Runs in the transaction that has booked.

Errors: 45503 interrupted. In the outcomes those of explain_refusals: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45503 event_busy, 45409 seats_exhausted, 45503 participant_busy, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- The outcomes of all events, by their places.
    DECLARE v_booked BIGINT DEFAULT COALESCE(JSON_LENGTH(JSON_EXTRACT(p_outcomes, '$[*][3][*][0]')), 0);
    DECLARE v_requests BIGINT DEFAULT JSON_LENGTH(p_requests);
    DECLARE v_refusals LONGTEXT;

    IF v_booked < v_requests THEN
        CALL explain_refusals(p_requests, p_outcomes, p_locked, p_participants, v_refusals);
        IF COALESCE(JSON_LENGTH(v_refusals), 0) <> v_requests - v_booked THEN
            CALL refuse_interrupted();
        END IF;
        SET p_outcomes = CONCAT(
            LEFT(p_outcomes, CHAR_LENGTH(p_outcomes) - 1), IF(v_booked > 0, ',', ''), '[null,null,null,', v_refusals, ']]'
        );
    END IF;
END //
DELIMITER ;
