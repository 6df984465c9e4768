-- Gives the seats of a registration back that is deleted by hand, in the same statement.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_after_delete;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_after_delete
    AFTER DELETE ON registrations FOR EACH ROW
BEGIN
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        CALL count_seats(OLD.event_id, -CAST(OLD.seats AS SIGNED));
    END IF;
END //
DELIMITER ;
