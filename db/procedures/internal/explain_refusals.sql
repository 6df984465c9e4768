-- Says why registrations are refused: the one place that does.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS explain_refusals;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE explain_refusals (
    IN  p_requests     LONGTEXT,
    IN  p_bookings     LONGTEXT,
    IN  p_locked       LONGTEXT,
    IN  p_participants LONGTEXT,
    OUT p_refusals     LONGTEXT
)
    COMMENT 'Says why requests for seats could not be booked, as things are now in the transaction that has tried.

p_requests      a JSON array of requests [actor_id, event_id, seats], as register_for_events takes it.
p_bookings      the requests that were booked and need no explanation, as choose_bookings has written them.
p_locked        the ids of the events that are locked, with commas between them; NULL if all are.
p_participants  the ids of the users that are locked, likewise.
p_refusals      a JSON array of [place in p_requests, null, null, null, "45nnn code: sentence"]; places count from 1.

A request that no rule refuses failed because somebody else had locked its event (45503 event_busy) or its participant (45503 participant_busy), or because the call was killed (45503 interrupted).

Errors: none is raised. In p_refusals: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45503 event_busy, 45409 seats_exhausted, 45503 participant_busy, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6) DEFAULT utc_clock();
    DECLARE v_max_seats BIGINT;

    CALL read_max_seats(v_max_seats);
    SELECT JSON_ARRAYAGG(JSON_ARRAY(
        q.number, NULL, NULL, NULL,
        CASE
            WHEN u.role IS NULL THEN '45401 invalid_token: Invalid authentication credentials'
            WHEN u.role <> 'participant' THEN '45403 participant_required: Participant privileges required'
            WHEN COALESCE(q.seats, 1) NOT BETWEEN 1 AND v_max_seats
                THEN CONCAT('45422 invalid_input(seats): seats must be from 1 to ', v_max_seats)
            WHEN e.id IS NULL THEN '45404 event_not_found: Event not found'
            WHEN e.event_date <= v_now
                THEN '45400 event_completed: This event is already completed. Registration is closed.'
            -- Before the seats: whoever holds a seat is told so even if the event is sold out, unless it was a later request
            -- of this list that booked it.
            WHEN r.id IS NOT NULL AND COALESCE(b.number, 0) < q.number
                THEN '45409 already_registered: Already registered for this event'
            WHEN FIND_IN_SET(q.event_id, p_locked) = 0 THEN '45503 event_busy: The event is being changed'
            WHEN COALESCE(q.seats, 1) > e.seats_available THEN '45409 seats_exhausted: Not enough seats available'
            WHEN FIND_IN_SET(q.actor_id, p_participants) = 0 THEN '45503 participant_busy: The participant is being changed'
            ELSE '45503 interrupted: The call was interrupted, nothing has changed'
        END
    ))
    INTO p_refusals
    FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
        number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]', seats BIGINT PATH '$[2]'
    )) AS q
    LEFT JOIN users AS u ON u.id = q.actor_id
    LEFT JOIN listed_events AS e ON e.id = q.event_id
    LEFT JOIN registrations AS r ON r.event_id = q.event_id AND r.user_id = q.actor_id
    -- Each participant is booked once, so DISTINCT removes no row. It makes the server keep the list as a table, where it
    -- would read the JSON anew for each request.
    LEFT JOIN (
        SELECT DISTINCT b.event_id, b.actor_id, b.number
        FROM JSON_TABLE(p_bookings, '$[*]' COLUMNS (
            event_id BIGINT PATH '$[0]',
            NESTED PATH '$[3][*]' COLUMNS (number BIGINT PATH '$[0]', actor_id BIGINT UNSIGNED PATH '$[1]')
        )) AS b
    ) AS b ON b.event_id = q.event_id AND b.actor_id = q.actor_id
    WHERE b.number IS NULL OR b.number <> q.number;
END //
DELIMITER ;
