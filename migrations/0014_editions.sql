-- What each participant was last told of an event, so that a mail says what is new to its reader and nothing else.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- What the version before would write from here on this one could not read, and people would be left untold: until its own
-- procedures are there, changes, cancellations and new claims are refused, and tried again by the programs. What is under way
-- is reported on as ever.
DROP PROCEDURE IF EXISTS tell_of_change;
DROP PROCEDURE IF EXISTS tell_of_cancellation;
DROP PROCEDURE IF EXISTS plan_deliveries;
DROP PROCEDURE IF EXISTS claim_deliveries;

-- The edition that an event is at now has no row: it is the event itself, under the number after the last one here. Whoever
-- booked at an edition knows it from the page; whoever was sent a mail knows the edition that it was sent at.
CREATE TABLE event_editions (
    event_id             BIGINT UNSIGNED NOT NULL,
    edition              INT UNSIGNED    NOT NULL COMMENT 'Counted from 1 within the event',
    title                VARCHAR(200)    NOT NULL COMMENT 'What it was at this edition, until it changed',
    venue                VARCHAR(200)    NOT NULL COMMENT 'As title',
    speaker              VARCHAR(120)    NOT NULL COMMENT 'As title',
    event_date           DATETIME        NOT NULL COMMENT 'UTC; as title',
    cancelled            BOOLEAN         NOT NULL COMMENT 'Whether it was called off at this edition',
    last_registration_id BIGINT UNSIGNED NOT NULL
                         COMMENT 'The last registration when it changed, 0 if there was none: who registered later never saw this edition',
    PRIMARY KEY (event_id, edition),
    KEY event_editions_by_registration (event_id, last_registration_id, edition),
    CONSTRAINT event_editions_cancelled CHECK (cancelled IN (0, 1))
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

INSERT INTO event_editions (event_id, edition, title, venue, speaker, event_date, cancelled, last_registration_id)
SELECT
    n.event_id, ROW_NUMBER() OVER (PARTITION BY n.event_id ORDER BY n.occasion), e.title, n.old_venue, n.old_speaker,
    n.old_event_date, 0, n.last_registration_id
FROM notices AS n
JOIN events AS e ON e.id = n.event_id
WHERE n.kind = 'update' AND n.old_event_date IS NOT NULL;
-- Of an event that is called off the present edition is the cancellation: what it was before is the last one here.
INSERT INTO event_editions (event_id, edition, title, venue, speaker, event_date, cancelled, last_registration_id)
SELECT
    e.id, 1 + COALESCE(o.editions, 0), e.title, e.venue, e.speaker, e.event_date, 0,
    COALESCE((SELECT MAX(r.id) FROM registrations AS r WHERE r.event_id = e.id), 0)
FROM events AS e
LEFT JOIN (SELECT event_id, MAX(edition) AS editions FROM event_editions GROUP BY event_id) AS o ON o.event_id = e.id
WHERE e.cancelled_at IS NOT NULL;

ALTER TABLE deliveries
    ADD COLUMN known_edition INT UNSIGNED NOT NULL DEFAULT 4294967295
        COMMENT 'The edition of the event that the reader knows, as far as is certain; the highest number: the present one',
    ADD COLUMN edition INT UNSIGNED NULL COMMENT 'The edition of the event at the last claim: what the mail says',
    ADD COLUMN uncertain_edition INT UNSIGNED NULL COMMENT 'The last edition that it may have told although no answer came';

-- What was sent before told what the event was then; what waits is for who knows the event as it was before the change.
UPDATE deliveries AS d
SET d.edition = 1 + (d.kind = 'cancellation') + (
        SELECT COUNT(*) FROM notices AS n
        WHERE n.event_id = d.event_id AND n.kind = 'update' AND n.old_event_date IS NOT NULL
            -- Of an update its own change at least: it may have been sent within the same second.
            AND n.occasion <= GREATEST(d.finished_at, IF(d.kind = 'update', d.occasion, d.finished_at))
    )
WHERE d.state = 'sent';
UPDATE deliveries AS d
JOIN (
    SELECT event_id, occasion, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY occasion) AS edition
    FROM notices
    WHERE kind = 'update' AND old_event_date IS NOT NULL
) AS n ON n.event_id = d.event_id AND n.occasion = d.occasion
SET d.known_edition = n.edition
WHERE d.kind = 'update' AND d.state <> 'sent';

-- A reminder is for a date as mails give it, to the minute.
UPDATE IGNORE notices SET occasion = occasion - INTERVAL SECOND(occasion) SECOND WHERE kind = 'reminder';
UPDATE IGNORE deliveries SET occasion = occasion - INTERVAL SECOND(occasion) SECOND WHERE kind = 'reminder';
-- And once per person, not per registration: whoever unregisters and registers again has been reminded. Of those who were
-- written to more than once the later rows keep their place in the ledger, a microsecond apart.
UPDATE deliveries AS d
JOIN (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY event_id, user_id, kind, occasion ORDER BY id) - 1 AS place
    FROM deliveries
) AS n ON n.id = d.id
SET d.occasion = d.occasion + INTERVAL n.place MICROSECOND
WHERE n.place > 0;
ALTER TABLE deliveries
    DROP KEY deliveries_once,
    ADD UNIQUE KEY deliveries_once (event_id, user_id, kind, occasion),
    ADD KEY deliveries_of_registration (registration_id, state, edition),
    DROP KEY deliveries_of_event,
    ADD KEY deliveries_of_event (event_id, kind, occasion, known_edition, state, claim_id),
    MODIFY COLUMN state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'due'
        COMMENT 'scheduled (it will be due), due, in_flight, sent, unconfirmed (it may have been sent, and is not sent again) or dead',
    /*!80001 DROP CHECK deliveries_state */
    /*M!100000 DROP CONSTRAINT deliveries_state */;
ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_state
        CHECK (CAST(state AS BINARY) IN ('scheduled', 'due', 'in_flight', 'sent', 'unconfirmed', 'dead'));

ALTER TABLE claims
    ADD COLUMN known_edition INT UNSIGNED NOT NULL DEFAULT 4294967295 COMMENT 'As in deliveries',
    ADD COLUMN edition       INT UNSIGNED NULL COMMENT 'The edition of the event that its mails tell';

ALTER TABLE settings
    /*!80001 DROP CHECK settings_value */
    /*M!100000 DROP CONSTRAINT settings_value */;
ALTER TABLE settings
    ADD CONSTRAINT settings_value CHECK (value <= 1000000 AND (value >= 1 OR name = 'reminder_quiet_minutes'));
INSERT INTO settings (name, value, description) VALUES
    ('reminder_quiet_minutes', 360, 'Nobody is reminded within so many minutes of booking or of a mail that told the date');

-- Last, because the editions are made from it: should this be interrupted, it can be undone and run again.
UPDATE notices
SET old_event_date = NULL, old_venue = NULL, old_speaker = NULL
WHERE kind = 'update';
