-- The outbox of cancellations: events called off before they began whose seat holders are owed a mail.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- One row per event, however many participants it had, so that cancelling costs the API the same for ten as for a
-- hundred thousand; whom to mail stands in registrations, which stay on record.
CREATE TABLE cancellations (
    event_id     BIGINT UNSIGNED NOT NULL,
    cancelled_at DATETIME        NOT NULL DEFAULT (UTC_TIMESTAMP()) COMMENT 'UTC',
    PRIMARY KEY (event_id),
    CONSTRAINT cancellations_event FOREIGN KEY (event_id) REFERENCES events (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
