-- A function and a trigger, which take more rights than procedures where the binary log is on: see probe_server.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TABLE IF EXISTS migrate_probe;
CREATE TABLE migrate_probe (
    id INT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
DROP FUNCTION IF EXISTS migrate_probe;
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION migrate_probe () RETURNS INT
    NOT DETERMINISTIC NO SQL SQL SECURITY DEFINER RETURN 0;
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER migrate_probe BEFORE INSERT ON migrate_probe
    FOR EACH ROW SET @migrate_probe = migrate_probe();
INSERT INTO migrate_probe (id) VALUES (1);
DROP TRIGGER migrate_probe;
DROP FUNCTION migrate_probe;
DROP TABLE migrate_probe;
