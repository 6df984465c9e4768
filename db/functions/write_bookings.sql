-- The one statement that writes what was chosen of a list.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS write_bookings;

-- DETERMINISTIC, because with a binary log MySQL takes no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION write_bookings (
    p_bookings LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    RETURNS BIGINT
    COMMENT 'Makes the registrations that choose_bookings has chosen, and takes their seats, under the locks of the caller. One statement of its caller: killed at any moment, it has done all of it or nothing. Returns how many there are.

Errors: 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    -- One blank for each.
    DECLARE v_count BIGINT DEFAULT CHAR_LENGTH(p_bookings) - CHAR_LENGTH(REPLACE(p_bookings, ' ', ''));

    IF v_count > 0 THEN
        SET v_now = utc_clock();
        SET v_now = v_now - INTERVAL MICROSECOND(v_now) MICROSECOND;
        -- The triggers leave the seats to this statement.
        SET @eventhub_statement = NOW(6);
        INSERT INTO registrations (event_id, user_id, seats, registered_at)
        SELECT b.event_id, b.actor_id, b.seats, v_now
        FROM JSON_TABLE(p_bookings, '$[*]' COLUMNS (
            event_id BIGINT PATH '$[0]',
            NESTED PATH '$[3][*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[1]', seats BIGINT PATH '$[2]')
        )) AS b;
        -- A statement that is killed may end as if it had found nothing to do.
        IF ROW_COUNT() <> v_count THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
        UPDATE JSON_TABLE(p_bookings, '$[*]' COLUMNS (event_id BIGINT PATH '$[0]', seats BIGINT PATH '$[4]')) AS b
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = b.event_id
        SET e.seats_available = e.seats_available - b.seats;
        IF ROW_COUNT() <> JSON_LENGTH(p_bookings) THEN
            SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
        END IF;
        SET @eventhub_statement = NULL;
    END IF;
    RETURN v_count;
END //
DELIMITER ;
