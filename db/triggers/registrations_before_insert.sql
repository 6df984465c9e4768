-- Whoever registers by hand locks the event before anything else, as the procedures do.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_before_insert;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_before_insert
    BEFORE INSERT ON registrations FOR EACH ROW
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;

    -- The foreign key takes a shared lock on the event's row, and of two who want to raise it afterwards one is a deadlock.
    IF NOT (@eventhub_statement <=> NOW(6)) THEN
        SELECT id INTO v_locked FROM events WHERE id = NEW.event_id FOR UPDATE;
    END IF;
END //
DELIMITER ;
