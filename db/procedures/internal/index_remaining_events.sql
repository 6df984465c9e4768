-- Writes down for searches the words of all events of which it is not done yet.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS index_remaining_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE index_remaining_events ()
    COMMENT 'Writes the words down of every event in unindexed_events. migrate calls it, after an upgrade or after a restore that left these tables out. Commits after each part, so that it can be killed and called again; bookings of the events of a part wait until then.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE c_part INT DEFAULT 200;
    DECLARE v_first_id, v_locked BIGINT UNSIGNED;
    DECLARE v_last_id BIGINT UNSIGNED DEFAULT 0;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    ROLLBACK AND NO CHAIN NO RELEASE;
    SELECT u.id INTO v_first_id FROM unindexed_events AS u ORDER BY u.id LIMIT 1;
    WHILE v_first_id IS NOT NULL DO
        SET v_last_id = v_first_id + c_part - 1;
        COMMIT AND NO CHAIN NO RELEASE;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        START TRANSACTION;
        -- Nobody changes them between here and the end of this part.
        SELECT COUNT(*) INTO v_locked FROM events FORCE INDEX (PRIMARY) WHERE id BETWEEN v_first_id AND v_last_id FOR UPDATE;
        CALL index_events(v_first_id, v_last_id);
        COMMIT AND NO CHAIN NO RELEASE;
        SET v_first_id = NULL;
        SELECT u.id INTO v_first_id FROM unindexed_events AS u WHERE u.id > v_last_id ORDER BY u.id LIMIT 1;
    END WHILE;
    COMMIT AND NO CHAIN NO RELEASE;
END //
DELIMITER ;
