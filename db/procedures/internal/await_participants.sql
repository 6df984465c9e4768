-- Waits for the participants of a list of registrations.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS await_participants;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE await_participants (
    IN p_requests LONGTEXT
)
    COMMENT 'Takes the locks of lock_participants, and waits for those that somebody else has. Left to the INSERT, a list would wait within it, which on MariaDB keeps everybody else from inserting meanwhile (innodb_autoinc_lock_mode = 1). Apart from lock_participants, because in a function MariaDB would take the SKIP LOCKED of one statement for both. Runs in the transaction of its caller, after lock_events.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_count BIGINT;

    SELECT COUNT(u.id) INTO v_count
    FROM (
        SELECT q.actor_id
        FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (actor_id BIGINT UNSIGNED PATH '$[0]')) AS q
        LIMIT 1000
    ) AS wanted
    STRAIGHT_JOIN users AS u FORCE INDEX (PRIMARY) ON u.id = wanted.actor_id
    LOCK IN SHARE MODE;
END //
DELIMITER ;
