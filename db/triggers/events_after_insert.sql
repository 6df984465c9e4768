-- Has an event found by its words, whoever inserts it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_after_insert;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_after_insert
    AFTER INSERT ON events FOR EACH ROW
BEGIN
    -- Not while a dump is loaded, which brings the words: see registrations_after_insert. A host may have turned these checks
    -- off for everybody, so create_event says that it is no dump.
    IF @@SESSION.foreign_key_checks OR @eventhub_creates THEN
        CALL index_events(NEW.id, NEW.id);
    END IF;
END //
DELIMITER ;
