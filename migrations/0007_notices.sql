-- What the seat holders of an event are to be told: a reminder of its date, a change, its cancellation.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- One row however many it is for; plan_deliveries gives each of them a row in deliveries, part by part. No foreign key:
-- it would lock the event's row, behind which bookings wait. Events are never deleted.
CREATE TABLE notices (
    kind                 VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_id             BIGINT UNSIGNED NOT NULL,
    occasion             DATETIME(6)     NOT NULL
                         COMMENT 'UTC. Of a reminder when the event starts, of an update when it was changed, of a cancellation when it was called off',
    planned_through      BIGINT UNSIGNED NOT NULL DEFAULT 0
                         COMMENT 'The registrations of the event up to this id have their row in deliveries',
    last_registration_id BIGINT UNSIGNED     NULL COMMENT 'The last registration that it is for; NULL: whoever is registered',
    planned_at           DATETIME            NULL COMMENT 'UTC; when the last one had its row. NULL: there may be more',
    old_event_date       DATETIME            NULL COMMENT 'Of an update: what was before it',
    old_venue            VARCHAR(200)        NULL COMMENT 'Of an update: what was before it',
    old_speaker          VARCHAR(120)        NULL COMMENT 'Of an update: what was before it',
    PRIMARY KEY (event_id, kind, occasion),
    KEY notices_open (planned_at, event_id, kind, occasion),
    CONSTRAINT notices_kind CHECK (CAST(kind AS BINARY) IN ('reminder', 'update', 'cancellation'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
