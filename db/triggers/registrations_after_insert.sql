-- The seats of a registration that is made by hand are counted by the statement that makes it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_after_insert;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_after_insert
    AFTER INSERT ON registrations FOR EACH ROW
BEGIN
    -- Not where the statement is one of the procedures', which count for all of its rows at once. That a variable of the
    -- session says so is good for that statement alone: it is the moment when it began.
    IF NOT (@eventhub_statement <=> NOW(6)) THEN
        CALL count_seats(NEW.event_id, NEW.seats);
    END IF;
END //
DELIMITER ;
