-- Who holds how many seats of which event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- The UNIQUE key begins with the event, so that two events' registrations meet in the index only at its edges:
-- everything within one event is already in line behind that event's row.
CREATE TABLE registrations (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    event_id      BIGINT UNSIGNED NOT NULL,
    user_id       BIGINT UNSIGNED NOT NULL,
    seats         INT UNSIGNED    NOT NULL,
    registered_at DATETIME        NOT NULL DEFAULT (UTC_TIMESTAMP()) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY registrations_once (event_id, user_id),
    KEY registrations_by_user (user_id, event_id),
    CONSTRAINT registrations_event FOREIGN KEY (event_id) REFERENCES events (id),
    CONSTRAINT registrations_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT registrations_seats CHECK (seats >= 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
