-- The events of a list of requests, locked.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_events (
    IN  p_requests   LONGTEXT,
    IN  p_wait       BOOLEAN,
    OUT p_locked     LONGTEXT,
    OUT p_all_locked BOOLEAN
)
    COMMENT 'Locks the events of p_requests, a JSON array of [actor_id, event_id, ...], within the transaction that is open. With p_wait they are waited for one after the other, in ascending order. Else those that somebody else holds are left out. p_locked is a JSON array of the ids of those that are locked, and p_all_locked says whether that is all.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_event_id, v_found BIGINT;
    DECLARE v_wanted BIGINT DEFAULT 0;
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    DECLARE c_events CURSOR FOR
        SELECT DISTINCT event_id
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
        ORDER BY event_id;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;

    IF p_wait THEN
        OPEN c_events;
        FETCH c_events INTO v_event_id;
        WHILE NOT v_done DO
            -- What was not locked, be it because the statement was killed, is not found.
            SELECT COUNT(*) INTO v_found FROM events WHERE id = v_event_id FOR UPDATE;
            SET v_wanted = v_wanted + 1, p_locked = IF(v_found = 1, CONCAT_WS(',', p_locked, v_event_id), p_locked);
            FETCH c_events INTO v_event_id;
        END WHILE;
        CLOSE c_events;
        SET p_locked = CONCAT('[', COALESCE(p_locked, ''), ']');
    ELSE
        -- The ids first and each event by its key, so that no other row is touched. In ascending order here as well: MariaDB
        -- waits for a moment even for what it is to skip. The LIMIT, which no list exceeds, is what keeps the order.
        SELECT JSON_ARRAYAGG(e.id) INTO p_locked
        FROM (
            SELECT DISTINCT q.event_id
            FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q
            ORDER BY q.event_id
            LIMIT 1000
        ) AS wanted
        STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = wanted.event_id
        FOR UPDATE SKIP LOCKED;
        SELECT COUNT(DISTINCT q.event_id) INTO v_wanted
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (event_id BIGINT PATH '$[1]')) AS q;
    END IF;
    SET p_locked = COALESCE(p_locked, '[]'), p_all_locked = JSON_LENGTH(p_locked) = v_wanted;
END //
DELIMITER ;
