-- Locks the participants of a list of registrations whom nobody else has locked.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_participants;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_participants (
    IN  p_requests LONGTEXT,
    OUT p_locked   LONGTEXT CHARACTER SET ascii COLLATE ascii_bin
)
    COMMENT 'Takes shared locks on the users of p_requests, a list as register_for_events takes it and passes those over that somebody else is changing. These are the locks that the foreign key of their registrations takes, so that the INSERT does not wait for them. p_locked is the ids of the users that are locked now, with commas between them. Runs in the transaction of its caller, after lock_events, and not in a function, where MariaDB may ignore SKIP LOCKED.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- In whatever order: shared locks do not wait for each other. The LIMIT, which no list exceeds, keeps the list a table of
    -- its own: MySQL locks nothing that it joins with JSON directly.
    SELECT JSON_ARRAYAGG(u.id) INTO p_locked
    FROM (
        SELECT q.actor_id
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[0]')) AS q
        LIMIT 1000
    ) AS wanted
    STRAIGHT_JOIN users AS u FORCE INDEX (PRIMARY) ON u.id = wanted.actor_id
    /*!80001 FOR SHARE SKIP LOCKED */ /*M!100600 LOCK IN SHARE MODE SKIP LOCKED */;
    -- [1, 2] becomes 1,2, in which FIND_IN_SET finds an id.
    SET p_locked = COALESCE(REPLACE(SUBSTRING(p_locked, 2, CHAR_LENGTH(p_locked) - 2), ' ', ''), '');
END //
DELIMITER ;
