-- Checks whether the database is as a program of this version needs it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_database;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_database (
    IN p_migration INT
)
    COMMENT 'Checks whether a program can work with the database. Looks at names, owners and collations; migrate --check looks at everything.

p_migration  the last migration that the program knows; 0 stands for any program. A database that is newer is accepted.

Returns one row (status): ok.

Refused is a database that lacks a migration (outdated); one in which a run of migrate was interrupted and not repeated, or whose collation, views, procedures, functions or triggers are not as migrate has left them, as in most backups that were restored without running migrate afterwards (not_migrated); and a server under binlog_format = STATEMENT (binlog_statement).

Errors: 45503 outdated, 45503 not_migrated, 45503 binlog_statement.

Example: CALL check_database(0);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_newest INT;
    DECLARE v_unfinished VARCHAR(255);
    DECLARE v_collation VARCHAR(64);
    DECLARE v_objects, v_wrong INT DEFAULT 0;
    DECLARE v_at_work BOOLEAN;
    DECLARE v_example VARCHAR(255);
    DECLARE v_outdated, v_text VARCHAR(128);
    -- A table is missing or may not be read: a backup that was not restored to its end.
    DECLARE EXIT HANDLER FOR SQLSTATE '42S02', SQLSTATE '42000'
    BEGIN
        GET DIAGNOSTICS CONDITION 1 v_example = MESSAGE_TEXT;
        SET v_text = CONCAT('not_migrated: ', LEFT(v_example, 90), ', run migrate');
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_text;
    END;

    SELECT MAX(IF(finished_at IS NULL, NULL, version)), MIN(IF(finished_at IS NULL, name, NULL))
    INTO v_newest, v_unfinished
    FROM schema_migrations;
    IF COALESCE(v_newest, 0) < p_migration THEN
        SET v_outdated = CONCAT('outdated: The database has migration ', COALESCE(v_newest, 0), ' and this program needs ',
            p_migration, ', run migrate');
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_outdated;
    END IF;
    IF v_unfinished IS NULL THEN
        SELECT MIN(path) INTO v_unfinished FROM deployed_objects WHERE path = 'unfinished';
    END IF;
    -- migrate holds this lock while it is at work. Objects are missing for moments then, and the service goes on.
    SET v_at_work = IS_USED_LOCK(CONCAT('eventhub_migrate_', LEFT(SHA2(DATABASE(), 256), 32))) IS NOT NULL;
    IF v_unfinished IS NOT NULL AND NOT v_at_work THEN
        SET v_text = LEFT(CONCAT('not_migrated: A run of migrate was interrupted (', v_unfinished, '), run it again'), 128);
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_text;
    END IF;

    SELECT default_collation_name INTO v_collation FROM information_schema.schemata WHERE schema_name = DATABASE();
    IF v_collation <> 'utf8mb4_unicode_520_ci' THEN
        SET v_text = LEFT(CONCAT('not_migrated: The collation of the database is ', v_collation, ', run migrate'), 128);
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_text;
    END IF;

    SELECT COUNT(*), COALESCE(SUM(o.name IS NULL), 0), MIN(IF(o.name IS NULL, d.path, NULL))
    INTO v_objects, v_wrong, v_example
    FROM deployed_objects AS d
    LEFT JOIN (
        SELECT 'views' AS kind, table_name AS name
        FROM information_schema.views
        WHERE table_schema = DATABASE() AND definer = 'eventhub_definer@localhost'
        UNION ALL
        SELECT CONCAT(LOWER(routine_type), 's'), routine_name
        FROM information_schema.routines
        WHERE routine_schema = DATABASE() AND definer = 'eventhub_definer@localhost'
            AND database_collation = 'utf8mb4_unicode_520_ci'
        UNION ALL
        SELECT 'triggers', trigger_name
        FROM information_schema.triggers
        WHERE trigger_schema = DATABASE() AND definer = 'eventhub_definer@localhost'
            AND database_collation = 'utf8mb4_unicode_520_ci'
    ) AS o ON o.kind = SUBSTRING_INDEX(d.path, '/', 1)
        AND o.name = SUBSTRING_INDEX(SUBSTRING_INDEX(d.path, '/', -1), '.sql', 1)
    WHERE d.path <> 'unfinished';
    IF (v_objects = 0 OR v_wrong > 0) AND NOT v_at_work THEN
        SET v_text = LEFT(CONCAT('not_migrated: ', v_wrong, ' objects are not as deployed (', COALESCE(v_example, '-'),
            '), run migrate'), 128);
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_text;
    END IF;

    IF @@GLOBAL.log_bin AND @@SESSION.binlog_format = 'STATEMENT' THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'binlog_statement: Under binlog_format STATEMENT nothing can be booked, set it to ROW';
    END IF;

    SELECT 'ok' AS status;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_database TO eventhub_api;
