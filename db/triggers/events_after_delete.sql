-- Forgets the words of an event that is deleted by hand.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_after_delete;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_after_delete
    AFTER DELETE ON events FOR EACH ROW
BEGIN
    IF @@SESSION.foreign_key_checks THEN
        CALL unindex_event(OLD.id, OLD.organizer_id, OLD.event_date, OLD.title, OLD.description, OLD.venue, OLD.speaker);
    END IF;
END //
DELIMITER ;
