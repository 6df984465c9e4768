-- The seats of a registration that is made by hand are counted by the statement that makes it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_after_insert;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_after_insert
    AFTER INSERT ON registrations FOR EACH ROW
BEGIN
    -- Not where the statement is one of the procedures', which count for all of its rows at once: the variable holds the
    -- moment when that statement began, so it cannot speak for a later one. Nor where a dump is loaded, which switches foreign
    -- keys off and brings the events with their free seats.
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        CALL count_seats(NEW.event_id, NEW.seats);
    END IF;
END //
DELIMITER ;
