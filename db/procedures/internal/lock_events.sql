-- Locks the events of a list of registrations.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_events (
    IN  p_requests LONGTEXT,
    IN  p_wait     BOOLEAN,
    OUT p_locked   LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Locks the events of p_requests, a list as register_for_events takes it, in ascending order of id. p_wait says whether to wait for events that somebody else has locked, or to pass them over. p_locked is the ids of the events that are locked now, with commas between them. Runs in the transaction of its caller, whose first read it has to be.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- First the ids and then each event by its key, so that no other row is touched. The LIMIT, which no list exceeds, keeps
    -- the order; MariaDB waits for a moment even for a row that it is to skip, so without waiting the order counts as well.
    IF p_wait THEN
        SELECT JSON_ARRAYAGG(e.id) INTO p_locked
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE;
    ELSE
        SELECT JSON_ARRAYAGG(e.id) INTO p_locked
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE SKIP LOCKED;
    END IF;
    -- [1, 2] becomes 1,2, in which FIND_IN_SET finds an id.
    SET p_locked = COALESCE(REPLACE(SUBSTRING(p_locked, 2, CHAR_LENGTH(p_locked) - 2), ' ', ''), '');
END //
DELIMITER ;
