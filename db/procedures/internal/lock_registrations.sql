-- Locks the registrations that a list is to end.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_registrations;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_registrations (
    IN  p_requests LONGTEXT,
    OUT p_locked   LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Locks the registrations of p_requests, a list as unregister_from_events takes it, and passes those over that somebody else has locked. p_locked is the ids of the registrations that are locked now, with commas between them. Runs in the transaction of its caller, after lock_events.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- In whatever order, because nothing is waited for. The LIMIT is as in lock_participants.
    SELECT JSON_ARRAYAGG(r.id) INTO p_locked
    FROM (
        SELECT q.actor_id, q.event_id
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[0]', event_id BIGINT PATH '$[1]')) AS q
        LIMIT 1000
    ) AS wanted
    STRAIGHT_JOIN registrations AS r FORCE INDEX (registrations_once)
        ON r.event_id = wanted.event_id AND r.user_id = wanted.actor_id
    FOR UPDATE SKIP LOCKED;
    -- [1, 2] becomes 1,2, in which FIND_IN_SET finds an id.
    SET p_locked = COALESCE(REPLACE(SUBSTRING(p_locked, 2, CHAR_LENGTH(p_locked) - 2), ' ', ''), '');
END //
DELIMITER ;
