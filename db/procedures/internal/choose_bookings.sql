-- Which of a list of registrations can be made.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS choose_bookings;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE choose_bookings (
    IN  p_requests LONGTEXT,
    IN  p_locked   LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    OUT p_bookings LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Chooses from p_requests, a list as register_for_events takes it, what can be booked: within each event in arrival order, as long as there are seats, and each participant once. p_locked are the ids of the events that are locked, with commas between them; of others nothing is chosen. p_bookings is a JSON array of [event_id, status, title in hexadecimal, outcomes, seats taken]; an outcome is [place in p_requests, actor_id, seats, seats left], with a blank before the participant and nowhere else. Places count from 1.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- What grows with each request is compared and copied often, which takes many times as long in utf8mb4.
    DECLARE v_event, v_of_event LONGTEXT CHARACTER SET ascii COLLATE ascii_bin DEFAULT '';
    DECLARE v_number, v_event_id, v_current_id, v_seats, v_seats_available, v_first, v_left BIGINT;
    DECLARE v_actor_id BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_now DATETIME(6);
    DECLARE v_event_date DATETIME;
    DECLARE v_status VARCHAR(16);
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    -- What may be booked as far as each request alone is concerned.
    DECLARE c_requests CURSOR FOR
        SELECT q.number, q.event_id, q.actor_id, COALESCE(q.seats, 1), o.seats_available, o.title, o.event_date
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
            number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]',
            seats BIGINT PATH '$[2]'
        )) AS q
        STRAIGHT_JOIN seat_offers AS o ON o.user_id = q.actor_id AND o.event_id = q.event_id
        WHERE FIND_IN_SET(q.event_id, p_locked)
            AND COALESCE(q.seats, 1) BETWEEN 1 AND o.max_seats AND o.event_date > v_now
        ORDER BY q.event_id, q.number;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;

    -- Within each event in arrival order, as long as there are seats, and each participant once.
    SET v_now = utc_clock(), p_bookings = '';
    OPEN c_requests;
    FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_event_date;
    WHILE NOT v_done DO
        SET v_status = IF(v_event_date <= v_now + INTERVAL 24 HOUR, 'soon', 'upcoming'),
            v_current_id = v_event_id, v_of_event = '',
            v_first = v_seats_available, v_left = v_first,
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
            SET p_bookings = CONCAT(p_bookings, v_event, SUBSTRING(v_of_event, 2), '],', v_first - v_left, ']');
        END IF;
    END WHILE;
    CLOSE c_requests;
    SET p_bookings = CONCAT('[', SUBSTRING(p_bookings, 2), ']');
END //
DELIMITER ;
