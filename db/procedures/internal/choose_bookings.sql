-- Chooses which registrations of a list can be made.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS choose_bookings;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE choose_bookings (
    IN  p_requests     LONGTEXT,
    IN  p_locked       LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    IN  p_participants LONGTEXT CHARACTER SET ascii COLLATE ascii_bin,
    OUT p_bookings     LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Chooses from p_requests, a list as register_for_events takes it, what can be booked: within each event in the order of arrival, as long as there are seats, and each participant once. p_locked is the ids of the events that are locked, with commas between them, and p_participants those of the users, NULL if all are; nothing is chosen of others.

p_bookings is a JSON array with an element for each event of which something is booked:

[event_id, status, title, outcomes, seats]

status    soon or upcoming.
title     in hexadecimal, so that all of p_bookings is ASCII.
outcomes  an array of [place, actor_id, seats, seats_left]: the place of the request in p_requests, counted from 1; who books; how many seats; and how many are left after that.
seats     how many seats all of its outcomes take.

For example [[12,"soon","427265616B66617374",[[1,7,2,3],[2,8,1,2]],3]]. add_refusals adds the requests that are refused.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- ASCII, because they grow with each request and are often copied and searched, which is many times slower in utf8mb4.
    DECLARE v_event, v_outcomes, v_actors LONGTEXT CHARACTER SET ascii COLLATE ascii_bin DEFAULT '';
    DECLARE v_number, v_event_id, v_current_id, v_seats, v_seats_available, v_first, v_left BIGINT;
    DECLARE v_actor_id BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_now DATETIME(6);
    DECLARE v_event_date DATETIME;
    DECLARE v_status VARCHAR(16);
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    -- The requests that can be booked as far as each of them alone is concerned.
    DECLARE c_requests CURSOR FOR
        SELECT q.number, q.event_id, q.actor_id, COALESCE(q.seats, 1), o.seats_available, o.title, o.event_date
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (
            number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]',
            seats BIGINT PATH '$[2]'
        )) AS q
        STRAIGHT_JOIN seat_offers AS o ON o.user_id = q.actor_id AND o.event_id = q.event_id
        WHERE FIND_IN_SET(q.event_id, p_locked) AND COALESCE(FIND_IN_SET(q.actor_id, p_participants), 1)
            AND COALESCE(q.seats, 1) BETWEEN 1 AND o.max_seats AND o.event_date > v_now
        ORDER BY q.event_id, q.number;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;

    SET v_now = utc_clock(), p_bookings = '';
    OPEN c_requests;
    FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_event_date;
    WHILE NOT v_done DO
        SET v_status = IF(v_event_date <= v_now + INTERVAL 24 HOUR, 'soon', 'upcoming'),
            v_current_id = v_event_id, v_outcomes = '', v_actors = ',',
            v_first = v_seats_available, v_left = v_first,
            v_event = CONCAT(',[', v_event_id, ',"', v_status, '","', HEX(v_title), '",[');
        WHILE NOT v_done AND v_event_id = v_current_id DO
            IF v_seats <= v_left AND LOCATE(CONCAT(',', v_actor_id, ','), v_actors) = 0 THEN
                SET v_left = v_left - v_seats,
                    v_actors = CONCAT(v_actors, v_actor_id, ','),
                    v_outcomes = CONCAT(v_outcomes, ',[', v_number, ',', v_actor_id, ',', v_seats, ',', v_left, ']');
            END IF;
            FETCH c_requests INTO v_number, v_event_id, v_actor_id, v_seats, v_seats_available, v_title, v_event_date;
        END WHILE;
        IF v_outcomes <> '' THEN
            SET p_bookings = CONCAT(p_bookings, v_event, SUBSTRING(v_outcomes, 2), '],', v_first - v_left, ']');
        END IF;
    END WHILE;
    CLOSE c_requests;
    SET p_bookings = CONCAT('[', SUBSTRING(p_bookings, 2), ']');
END //
DELIMITER ;
