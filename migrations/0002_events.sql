-- Events with their seats.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE TABLE events (
    id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    organizer_id    BIGINT UNSIGNED NOT NULL,
    title           VARCHAR(200)    NOT NULL,
    description     VARCHAR(2000)   NOT NULL DEFAULT '',
    venue           VARCHAR(200)    NOT NULL,
    speaker         VARCHAR(120)    NOT NULL,
    event_date      DATETIME        NOT NULL COMMENT 'When it starts, UTC',
    total_seats     INT UNSIGNED    NOT NULL,
    seats_available INT UNSIGNED    NOT NULL COMMENT 'total_seats less the seats of its registrations; see seat_audit',
    cancelled_at    DATETIME            NULL COMMENT 'UTC; a cancelled event stays on record and is listed nowhere',
    created_at      DATETIME        NOT NULL DEFAULT (UTC_TIMESTAMP()) COMMENT 'UTC',
    PRIMARY KEY (id),
    KEY events_by_date (cancelled_at, event_date, id),
    KEY events_by_organizer (organizer_id, cancelled_at, event_date, id),
    CONSTRAINT events_organizer FOREIGN KEY (organizer_id) REFERENCES users (id),
    CONSTRAINT events_title_not_blank CHECK (CHAR_LENGTH(TRIM(title)) > 0),
    CONSTRAINT events_venue_not_blank CHECK (CHAR_LENGTH(TRIM(venue)) > 0),
    CONSTRAINT events_speaker_not_blank CHECK (CHAR_LENGTH(TRIM(speaker)) > 0),
    CONSTRAINT events_total_seats CHECK (total_seats BETWEEN 1 AND 1000000),
    CONSTRAINT events_seats_available CHECK (seats_available <= total_seats)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
