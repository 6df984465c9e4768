-- One of each kind of thing that EventHub consists of, made and taken away again: see probe_server.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TABLE IF EXISTS migrate_probe;
CREATE TABLE migrate_probe (
    id        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    parent_id BIGINT UNSIGNED     NULL,
    email     VARCHAR(255)    NOT NULL,
    email_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
              GENERATED ALWAYS AS (LOWER(email COLLATE utf8mb4_bin)) STORED,
    made_at   DATETIME(6)     NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY migrate_probe_email (email_key),
    KEY migrate_probe_parent (parent_id),
    CONSTRAINT migrate_probe_parent FOREIGN KEY (parent_id) REFERENCES migrate_probe (id),
    CONSTRAINT migrate_probe_not_blank CHECK (CHAR_LENGTH(TRIM(email)) > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
INSERT INTO migrate_probe (email) VALUES ('somebody@example.org');

CREATE OR REPLACE DEFINER = 'eventhub_definer'@'localhost' SQL SECURITY DEFINER VIEW migrate_probe_view (id) AS
SELECT id FROM migrate_probe;
DROP PROCEDURE IF EXISTS migrate_probe;
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE migrate_probe () SQL SECURITY DEFINER DO 0;
GRANT EXECUTE ON PROCEDURE migrate_probe TO eventhub_api, eventhub_mailer, eventhub_dba;

DROP PROCEDURE migrate_probe;
DROP VIEW migrate_probe_view;
DROP TABLE migrate_probe;
