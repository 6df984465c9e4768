-- The one statement that ends registrations and frees their seats.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS end_registrations;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION end_registrations (
    p_outcomes LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS BIGINT
    COMMENT 'Ends the registrations in p_outcomes, which judge_cancellations has written, and gives their seats back. The caller holds the locks of the events. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns how many registrations there were.

Errors: 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_count, v_events BIGINT;

    SELECT COUNT(*), COUNT(DISTINCT o.event_id) INTO v_count, v_events
    FROM JSON_TABLE(p_outcomes, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]', registration_id BIGINT UNSIGNED PATH '$[2]')) AS o
    WHERE o.registration_id IS NOT NULL;
    IF v_count > 0 THEN
        -- Tells the triggers that this statement changes the seats itself.
        SET @eventhub_statement = NOW(6);
        DELETE r
        FROM JSON_TABLE(p_outcomes, '$[*]' COLUMNS (registration_id BIGINT UNSIGNED PATH '$[2]')) AS o
        STRAIGHT_JOIN registrations AS r FORCE INDEX (PRIMARY) ON r.id = o.registration_id;
        IF ROW_COUNT() <> v_count THEN
            CALL refuse_interrupted();
        END IF;
        UPDATE (
            SELECT o.event_id, SUM(o.seats) AS seats
            FROM JSON_TABLE(p_outcomes, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]', seats BIGINT PATH '$[3]')) AS o
            WHERE o.seats IS NOT NULL
            GROUP BY o.event_id
        ) AS f
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = f.event_id
        SET e.seats_available = e.seats_available + f.seats;
        IF ROW_COUNT() <> v_events THEN
            CALL refuse_interrupted();
        END IF;
        SET @eventhub_statement = NULL;
    END IF;
    RETURN v_count;
END //
DELIMITER ;
