-- The one statement that writes the registrations chosen from a list.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS write_bookings;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION write_bookings (
    p_bookings LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS BIGINT
    COMMENT 'Makes the registrations in p_bookings, which choose_bookings has written, and takes their seats. The caller holds the locks of the events. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns how many registrations there are.

Errors: 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    -- The outcomes of all events, by their places.
    DECLARE v_count BIGINT DEFAULT COALESCE(JSON_LENGTH(JSON_EXTRACT(p_bookings, '$[*][3][*][0]')), 0);

    IF v_count > 0 THEN
        SET v_now = utc_clock();
        SET v_now = v_now - INTERVAL MICROSECOND(v_now) MICROSECOND;
        -- Tells the triggers that this statement changes the seats itself.
        SET @eventhub_statement = NOW(6);
        INSERT INTO registrations (event_id, user_id, seats, registered_at)
        SELECT b.event_id, b.actor_id, b.seats, v_now
        FROM JSON_TABLE(p_bookings, '$[*]' COLUMNS (
            event_id BIGINT PATH '$[0]',
            NESTED PATH '$[3][*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[1]', seats BIGINT PATH '$[2]')
        )) AS b;
        IF ROW_COUNT() <> v_count THEN
            CALL refuse_interrupted();
        END IF;
        UPDATE JSON_TABLE(p_bookings, '$[*]' COLUMNS (event_id BIGINT PATH '$[0]', seats BIGINT PATH '$[4]')) AS b
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = b.event_id
        SET e.seats_available = e.seats_available - b.seats;
        IF ROW_COUNT() <> JSON_LENGTH(p_bookings) THEN
            CALL refuse_interrupted();
        END IF;
        SET @eventhub_statement = NULL;
    END IF;
    RETURN v_count;
END //
DELIMITER ;
