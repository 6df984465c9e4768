-- What is changed or called off by hand is told as if a procedure had done it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_after_update;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_after_update
    AFTER UPDATE ON events FOR EACH ROW
BEGIN
    DECLARE v_notified BOOLEAN;

    -- Not where the statement is one of the procedures', which see to it themselves.
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        IF NEW.cancelled_at IS NULL AND OLD.cancelled_at IS NOT NULL THEN
            DELETE FROM cancellations WHERE event_id = NEW.id;
        END IF;
        IF NEW.cancelled_at IS NULL THEN
            CALL tell_of_change(NEW.id, OLD.event_date, OLD.venue, OLD.speaker, NEW.event_date, NEW.venue, NEW.speaker);
        ELSEIF OLD.cancelled_at IS NULL THEN
            CALL tell_of_cancellation(NEW.id, NEW.event_date, v_notified);
        END IF;
    END IF;
END //
DELIMITER ;
