-- What was brought over from a database of the first implementation, run by run.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE TABLE imports (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    source      VARCHAR(64)     NOT NULL COMMENT 'The database that was read',
    imported_at DATETIME        NOT NULL COMMENT 'UTC',
    fingerprint VARCHAR(1000)   NOT NULL
                COMMENT 'Of all users, events, registrations and mails as the run left them: whether anybody has changed any since',
    PRIMARY KEY (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
