-- Counts the seats of a registration that is inserted by hand, in the same statement.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_after_insert;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_after_insert
    AFTER INSERT ON registrations FOR EACH ROW
BEGIN
    -- Not in a statement of the procedures, which count the seats of all rows at once. Such a statement has set the variable
    -- to the moment at which it began, so that the variable says nothing about a later statement. Nor while a dump is
    -- loaded: it switches foreign keys off, and brings the events with their free seats.
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        CALL count_seats(NEW.event_id, NEW.seats);
    END IF;
END //
DELIMITER ;
