-- Copies what the first implementation's database holds into temporary tables, by reads that lock nothing there.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- A million rows take their time.
/*!80000 SET SESSION max_execution_time = 0 */;
/*M!100000 SET SESSION max_statement_time = 0 */;
-- Not strict: a date that does not exist is to become a zero here, and be judged, instead of ending the copy.
SET SESSION sql_mode = 'NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION';
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

-- The columns hold anything that the original's might, so that nothing is cut before it is judged. `fate` is what is done
-- with a row: NULL means that it is moved. `old_` is what the original had.
CREATE TEMPORARY TABLE import_users (
    id            BIGINT NOT NULL PRIMARY KEY,
    name          MEDIUMTEXT NULL,
    email         MEDIUMTEXT NULL,
    email_key     VARCHAR(255) NULL,
    password_hash MEDIUMTEXT NULL,
    role          VARCHAR(255) NULL,
    created_at    DATETIME NULL,
    fate          VARCHAR(8) NULL,
    KEY (email_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TEMPORARY TABLE import_events (
    id                  BIGINT NOT NULL PRIMARY KEY,
    title               MEDIUMTEXT NULL,
    description         MEDIUMTEXT NULL,
    venue               MEDIUMTEXT NULL,
    speaker             MEDIUMTEXT NULL,
    event_date          DATETIME NULL,
    old_total_seats     BIGINT NULL,
    old_seats_available BIGINT NULL,
    organizer_id        BIGINT NULL,
    total_seats         BIGINT NULL,
    booked              BIGINT NOT NULL DEFAULT 0,
    fate                VARCHAR(8) NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TEMPORARY TABLE import_registrations (
    id            BIGINT NOT NULL PRIMARY KEY,
    user_id       BIGINT NULL,
    event_id      BIGINT NULL,
    seats         BIGINT NULL,
    registered_at DATETIME NULL,
    created_at    DATETIME NULL,
    reminded      BOOLEAN NOT NULL,
    fate          VARCHAR(8) NULL,
    KEY (event_id, user_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Registrations first: whoever and whatever they are for was there before them, and is still to be read.
INSERT INTO import_registrations (id, user_id, event_id, seats, registered_at, created_at, reminded)
SELECT id, user_id, event_id, seats_booked, registered_at, created_at, COALESCE(reminder_sent, 0) <> 0
FROM @SOURCE@.registrations;

INSERT INTO import_events (
    id, title, description, venue, speaker, event_date, old_total_seats, old_seats_available, organizer_id
)
SELECT id, title, description, venue, speaker, @EVENT_DATE@, total_seats, seats_available, organizer_id
FROM @SOURCE@.events;

INSERT INTO import_users (id, name, email, password_hash, role, created_at)
SELECT id, name, email, password_hash, role, created_at
FROM @SOURCE@.users;
