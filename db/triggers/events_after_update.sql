-- Has an event that is changed by hand found by its new words and date.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_after_update;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_after_update
    AFTER UPDATE ON events FOR EACH ROW
BEGIN
    -- Not in a statement of the procedures, which see to it themselves, nor while a dump is loaded: see
    -- registrations_after_insert.
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        -- As bytes, because for the collation a control character is nothing, while it separates words.
        IF NOT (CAST(CONCAT_WS('\n', NEW.id, NEW.organizer_id, NEW.event_date, NEW.cancelled_at IS NULL, NEW.title,
                NEW.description, NEW.venue, NEW.speaker) AS BINARY)
            <=> CAST(CONCAT_WS('\n', OLD.id, OLD.organizer_id, OLD.event_date, OLD.cancelled_at IS NULL, OLD.title,
                OLD.description, OLD.venue, OLD.speaker) AS BINARY)) THEN
            CALL unindex_event(OLD.id, OLD.organizer_id, OLD.event_date, OLD.title, OLD.description, OLD.venue, OLD.speaker);
            CALL index_events(NEW.id, NEW.id);
        END IF;
    END IF;
END //
DELIMITER ;
