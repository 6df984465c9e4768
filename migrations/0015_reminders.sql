-- Who wants no reminders, and what the links are made from by which people say so.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

ALTER TABLE users
    ADD COLUMN wants_reminders BOOLEAN NOT NULL DEFAULT TRUE
    COMMENT 'Whether reminders are mailed to this user. Changes and cancellations are in any case.';

-- Its row is put in by migrate, because no file can hold what is random.
CREATE TABLE secrets (
    name  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    value CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT '32 random bytes in hexadecimal',
    PRIMARY KEY (name),
    CONSTRAINT secrets_value CHECK (value REGEXP '^[0-9a-f]{64}$')
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
