-- Says which registrations of a list can be ended, and why the others cannot: the one place that does.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS judge_cancellations;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE judge_cancellations (
    IN  p_requests      LONGTEXT,
    IN  p_locked        LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    IN  p_registrations LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    OUT p_outcomes      LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Says what becomes of p_requests, a list as unregister_from_events takes it, one after the other, as things are now in the transaction that has locked their events.

p_locked         the ids of the events that are locked, with commas between them; NULL if all are.
p_registrations  the ids of the registrations that are locked, likewise.
p_outcomes       a JSON array of [place in p_requests, event_id, registration_id, seats, seats_left, refusal], in no order; places count from 1. The registration can be ended: then it gives its seats back, and seats_left is how many are free after that. Or it is refused: then the ids of the registration and its seats are null, and the refusal is "45nnn code: sentence".

Errors: 45503 interrupted. In p_outcomes: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 event_busy, 45503 registration_busy.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6) DEFAULT utc_clock();

    SELECT JSON_ARRAYAGG(JSON_ARRAY(
        o.number, o.event_id, IF(o.refusal IS NULL, o.registration_id, NULL), IF(o.refusal IS NULL, o.seats, NULL),
        IF(o.refusal IS NULL, o.seats_left, NULL), o.refusal
    ))
    INTO p_outcomes
    FROM (
        SELECT
            j.number, j.event_id, j.registration_id, j.seats, j.refusal,
            j.seats_available
                + SUM(IF(j.refusal IS NULL, j.seats, 0)) OVER (PARTITION BY j.event_id ORDER BY j.number) AS seats_left
        FROM (
            SELECT
                q.number, q.event_id, r.id AS registration_id, r.seats, e.seats_available,
                CASE
                    WHEN u.role IS NULL THEN '45401 invalid_token: Invalid authentication credentials'
                    WHEN u.role <> 'participant' THEN '45403 participant_required: Participant privileges required'
                    WHEN e.id IS NULL THEN '45404 event_not_found: Event not found'
                    WHEN r.id IS NULL THEN '45404 not_registered: You are not registered for this event'
                    WHEN e.event_date <= v_now
                        THEN '45400 event_completed: Cannot cancel registration for completed events'
                    WHEN FIND_IN_SET(q.event_id, p_locked) = 0 THEN '45503 event_busy: The event is being changed'
                    WHEN FIND_IN_SET(r.id, p_registrations) = 0
                        THEN '45503 registration_busy: The registration is being changed'
                    -- An earlier request of this list ends it.
                    WHEN ROW_NUMBER() OVER (PARTITION BY q.event_id, q.actor_id ORDER BY q.number) > 1
                        THEN '45404 not_registered: You are not registered for this event'
                END AS refusal
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
                number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]'
            )) AS q
            LEFT JOIN users AS u ON u.id = q.actor_id
            LEFT JOIN listed_events AS e ON e.id = q.event_id
            LEFT JOIN registrations AS r ON r.event_id = q.event_id AND r.user_id = q.actor_id
        ) AS j
    ) AS o;
    IF JSON_LENGTH(p_outcomes) <> JSON_LENGTH(p_requests) THEN
        CALL refuse_interrupted();
    END IF;
END //
DELIMITER ;
