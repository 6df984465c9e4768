-- Says of each row that was read what becomes of it, and why: the rules of migrations/IMPORT.md.
CREATE TEMPORARY TABLE import_report (
    number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind   VARCHAR(12) NOT NULL,
    row_id BIGINT NOT NULL,
    fate   VARCHAR(8) NOT NULL,
    why    VARCHAR(255) NOT NULL,
    KEY (kind, row_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Zeros are what no date became when it was copied.
UPDATE import_users SET created_at = NULL WHERE YEAR(created_at) = 0;
UPDATE import_events SET event_date = NULL WHERE YEAR(event_date) = 0;
UPDATE import_registrations SET registered_at = NULL WHERE YEAR(registered_at) = 0;
UPDATE import_registrations SET created_at = NULL WHERE YEAR(created_at) = 0;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- As text_fault has them: what can be seen, control characters and line ends, what turns the direction of writing, and what a
-- name must not hold, be it between letters. Its patterns and not the function, which takes its time for each of a million rows.
SET @seen =
    '[^\\x{0}-\\x{20}\\x{7f}-\\x{a0}\\x{ad}\\x{34f}\\x{61c}\\x{115f}\\x{1160}\\x{1680}\\x{17b4}\\x{17b5}\\x{180b}-\\x{180f}'
    '\\x{2000}-\\x{200f}\\x{2028}-\\x{202f}\\x{205f}-\\x{206f}\\x{2800}\\x{3000}\\x{3164}\\x{fe00}-\\x{fe0f}\\x{feff}\\x{ffa0}'
    '\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d159}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e0fff}]',
    @control = '[\\x{0}-\\x{1f}\\x{7f}-\\x{9f}\\x{2028}\\x{2029}]',
    @control_of_text = '[\\x{0}-\\x{8}\\x{b}\\x{c}\\x{e}-\\x{1f}\\x{7f}-\\x{9f}]',
    @direction = '[\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]',
    @invisible =
    '[\\x{ad}\\x{34f}\\x{61c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180b}-\\x{180f}\\x{200b}-\\x{200f}'
    '\\x{202a}-\\x{202e}\\x{2060}-\\x{206f}\\x{2800}\\x{3164}\\x{fe00}-\\x{fe0f}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}'
    '\\x{1bca0}-\\x{1bca3}\\x{1d159}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e0fff}]';

-- Users ---------------------------------------------------------------------------------------------------------------

-- As trim_email does it.
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the blanks around the address are dropped'
FROM import_users
WHERE email <> TRIM(REPLACE(REPLACE(REPLACE(email, '\t', ' '), '\r', ' '), '\n', ' '));
UPDATE import_users SET email = TRIM(REPLACE(REPLACE(REPLACE(email, '\t', ' '), '\r', ' '), '\n', ' '));

UPDATE import_users
SET fate = 'left'
WHERE id < 1 OR email IS NULL OR CHAR_LENGTH(email) > 255
    -- What sign-up took before it became stricter: whoever could log in is to go on.
    OR email NOT REGEXP '^[^@\\p{Z}\\p{Cc}<>()\\[\\]",:;\\\\]+@[^@\\p{Z}\\p{Cc}<>()\\[\\]",:;\\\\.]+(\\.[^@\\p{Z}\\p{Cc}<>()\\[\\]",:;\\\\.]+)+\\z';
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'left', IF(id < 1, 'ids begin at 1', 'the address is no e-mail address')
FROM import_users
WHERE fate = 'left';

UPDATE import_users SET email_key = LOWER(email) WHERE fate IS NULL;
CREATE TEMPORARY TABLE import_addresses (
    email_key VARCHAR(255) NOT NULL PRIMARY KEY,
    user_id   BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO import_addresses (email_key, user_id)
SELECT email_key, MIN(id) FROM import_users WHERE fate IS NULL GROUP BY email_key;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', u.id, 'left', CONCAT('the address is that of user ', a.user_id, ', but for case or blanks')
FROM import_users AS u
JOIN import_addresses AS a ON a.email_key = u.email_key
WHERE u.fate IS NULL AND u.id <> a.user_id;
UPDATE import_users AS u
JOIN import_addresses AS a ON a.email_key = u.email_key
SET u.fate = 'left'
WHERE u.fate IS NULL AND u.id <> a.user_id;

-- The function for those only whose address is not plainly good.
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the address stays, but sign-up would refuse it and mail may not reach it'
FROM import_users
WHERE fate IS NULL AND email NOT REGEXP '^[A-Za-z0-9_+-]{1,30}([.][A-Za-z0-9_+-]{1,30})?@([A-Za-z0-9]{1,60}[.]){1,2}[A-Za-z]{2,20}\\z'
    AND email_fault(email) IS NOT NULL;

-- A line end becomes a blank. A name that is cut is not to begin with blanks, or they might be all of it.
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the name is cut to one line of 120 characters, without what cannot be seen'
FROM import_users
WHERE fate IS NULL AND name REGEXP @seen
    AND (CHAR_LENGTH(name) > 120 OR name REGEXP '[^ -~]' AND text_fault(LEFT(name, 120), 120, 'name') IS NOT NULL);
UPDATE import_users
SET name = LEFT(LTRIM(REGEXP_REPLACE(REGEXP_REPLACE(name, @control, ' '), @invisible, '')), 120)
WHERE fate IS NULL AND name REGEXP @seen
    AND (CHAR_LENGTH(name) > 120 OR name REGEXP '[^ -~]' AND text_fault(LEFT(name, 120), 120, 'name') IS NOT NULL);
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the name was blank and is the address now'
FROM import_users
WHERE fate IS NULL AND (name IS NULL OR name NOT REGEXP @seen);
UPDATE import_users SET name = LEFT(email, 120) WHERE fate IS NULL AND (name IS NULL OR name NOT REGEXP @seen);

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the role was neither organizer nor participant and is participant now'
FROM import_users
WHERE fate IS NULL AND (role IS NULL OR role NOT IN ('organizer', 'participant'));
UPDATE import_users
SET role = 'participant'
WHERE fate IS NULL AND (role IS NULL OR role NOT IN ('organizer', 'participant'));

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'the password hash is of no known kind: nobody can log in by it'
FROM import_users
WHERE fate IS NULL AND (password_hash IS NULL OR CHAR_LENGTH(password_hash) > 255
    OR password_hash NOT REGEXP '^[$](argon2id[$][!-~]+|pbkdf2-sha256[$]([1-9][0-9]{0,5}|1000000)[$][./A-Za-z0-9]{2,86}[$][./A-Za-z0-9]{43})\\z');
-- What is no hash at all would not fit into its column.
UPDATE import_users
SET password_hash = '!'
WHERE fate IS NULL AND (password_hash IS NULL OR password_hash NOT REGEXP '^[!-~]{1,255}\\z');

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'user', id, 'settled', 'created_at was no date and is the time of the import now'
FROM import_users
WHERE fate IS NULL AND created_at IS NULL;
UPDATE import_users SET created_at = UTC_TIMESTAMP() WHERE fate IS NULL AND created_at IS NULL;

-- Events --------------------------------------------------------------------------------------------------------------

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', e.id, 'left',
    CASE
        WHEN e.id < 1 THEN 'ids begin at 1'
        WHEN e.event_date IS NULL THEN 'it has no date'
        WHEN u.id IS NULL THEN 'it has no organizer'
        ELSE CONCAT('its organizer, user ', u.id, ', is left')
    END
FROM import_events AS e
LEFT JOIN import_users AS u ON u.id = e.organizer_id
WHERE e.id < 1 OR e.event_date IS NULL OR u.id IS NULL OR u.fate = 'left';
UPDATE import_events AS e
LEFT JOIN import_users AS u ON u.id = e.organizer_id
SET e.fate = 'left'
WHERE e.id < 1 OR e.event_date IS NULL OR u.id IS NULL OR u.fate = 'left';

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', e.id, 'settled', CONCAT('its organizer, user ', u.id, ', is a participant, who cannot change it')
FROM import_events AS e
JOIN import_users AS u ON u.id = e.organizer_id
WHERE e.fate IS NULL AND u.role = 'participant';

UPDATE import_events SET description = '' WHERE description IS NULL;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled', 'its texts are cut to what they may have, without what cannot be seen'
FROM import_events
WHERE fate IS NULL AND (
    CHAR_LENGTH(title) > 200 OR title REGEXP @seen AND (title REGEXP @control OR title REGEXP @direction)
    OR CHAR_LENGTH(description) > 2000 OR description REGEXP @control_of_text
    OR CHAR_LENGTH(venue) > 200 OR venue REGEXP @seen AND (venue REGEXP @control OR venue REGEXP @direction)
    OR CHAR_LENGTH(speaker) > 120 OR speaker REGEXP @seen AND text_fault(LEFT(speaker, 120), 120, 'name') IS NOT NULL
);
UPDATE import_events
SET title = LEFT(LTRIM(REGEXP_REPLACE(REGEXP_REPLACE(title, @control, ' '), @direction, '')), 200),
    description = LEFT(REGEXP_REPLACE(description, @control_of_text, ''), 2000),
    venue = LEFT(LTRIM(REGEXP_REPLACE(REGEXP_REPLACE(venue, @control, ' '), @direction, '')), 200),
    speaker = IF(text_fault(LEFT(speaker, 121), 120, 'name') IS NULL, speaker,
        LEFT(LTRIM(REGEXP_REPLACE(REGEXP_REPLACE(speaker, @control, ' '), @invisible, '')), 120))
WHERE fate IS NULL;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled', CONCAT('the title was blank and is "Event ', id, '" now')
FROM import_events
WHERE fate IS NULL AND (title IS NULL OR title NOT REGEXP @seen);
UPDATE import_events SET title = CONCAT('Event ', id) WHERE fate IS NULL AND (title IS NULL OR title NOT REGEXP @seen);
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled', 'the venue was blank and is "to be announced" now'
FROM import_events
WHERE fate IS NULL AND (venue IS NULL OR venue NOT REGEXP @seen);
UPDATE import_events SET venue = 'to be announced' WHERE fate IS NULL AND (venue IS NULL OR venue NOT REGEXP @seen);
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled', 'the speaker was blank and is "to be announced" now'
FROM import_events
WHERE fate IS NULL AND (speaker IS NULL OR speaker NOT REGEXP @seen);
UPDATE import_events SET speaker = 'to be announced' WHERE fate IS NULL AND (speaker IS NULL OR speaker NOT REGEXP @seen);

-- Registrations -------------------------------------------------------------------------------------------------------

UPDATE import_registrations AS r
LEFT JOIN import_users AS u ON u.id = r.user_id
LEFT JOIN import_events AS e ON e.id = r.event_id
SET r.fate = 'left'
WHERE r.id < 1 OR u.id IS NULL OR u.fate = 'left' OR e.id IS NULL OR e.fate = 'left';

-- One for each user and event: the first, with the seats of the largest. A second one came about where two requests went out
-- at once, and each asked for all the seats that were wanted.
CREATE TEMPORARY TABLE import_bookings (
    event_id        BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    registration_id BIGINT NOT NULL,
    seats           BIGINT NOT NULL,
    reminded        BOOLEAN NOT NULL,
    PRIMARY KEY (event_id, user_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO import_bookings (event_id, user_id, registration_id, seats, reminded)
SELECT event_id, user_id, MIN(id), GREATEST(COALESCE(MAX(seats), 1), 1), MAX(reminded)
FROM import_registrations
WHERE fate IS NULL
GROUP BY event_id, user_id;

-- Whoever holds seats keeps them, however many were to be had: an event has room for what is booked.
CREATE TEMPORARY TABLE import_seats (
    event_id BIGINT NOT NULL PRIMARY KEY,
    booked   BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO import_seats (event_id, booked) SELECT event_id, SUM(seats) FROM import_bookings GROUP BY event_id;
UPDATE import_events AS e JOIN import_seats AS s ON s.event_id = e.id SET e.booked = s.booked;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'left', CONCAT(booked, ' seats of it are booked, and no event has more than 1000000')
FROM import_events
WHERE fate IS NULL AND booked > 1000000;
UPDATE import_events SET fate = 'left' WHERE fate IS NULL AND booked > 1000000;
UPDATE import_registrations AS r JOIN import_events AS e ON e.id = r.event_id
SET r.fate = 'left'
WHERE r.fate IS NULL AND e.fate = 'left';
DELETE b FROM import_bookings AS b JOIN import_events AS e ON e.id = b.event_id WHERE e.fate = 'left';

UPDATE import_events
SET total_seats = GREATEST(LEAST(GREATEST(COALESCE(old_total_seats, 1), 1), 1000000), booked)
WHERE fate IS NULL;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled',
    CONCAT('total_seats is ', total_seats, ' instead of ', COALESCE(old_total_seats, 'NULL'), ': ', booked, ' are booked')
FROM import_events
WHERE fate IS NULL AND NOT total_seats <=> old_total_seats;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'event', id, 'settled',
    CONCAT('seats_available is ', total_seats - booked, ' instead of ', COALESCE(old_seats_available, 'NULL'))
FROM import_events
WHERE fate IS NULL AND NOT total_seats - booked <=> old_seats_available;

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'registration', r.id, 'left',
    CASE
        WHEN r.id < 1 THEN 'ids begin at 1'
        WHEN u.id IS NULL THEN 'its user is not there'
        WHEN u.fate = 'left' THEN CONCAT('its user ', u.id, ' is left')
        WHEN e.id IS NULL THEN 'its event is not there'
        ELSE CONCAT('its event ', e.id, ' is left')
    END
FROM import_registrations AS r
LEFT JOIN import_users AS u ON u.id = r.user_id
LEFT JOIN import_events AS e ON e.id = r.event_id
WHERE r.fate = 'left';

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'registration', r.id, 'merged',
    CONCAT('the same user and event as registration ', b.registration_id, ', whose seats_booked is ', b.seats)
FROM import_registrations AS r
JOIN import_bookings AS b ON b.event_id = r.event_id AND b.user_id = r.user_id
WHERE r.fate IS NULL AND r.id <> b.registration_id;
UPDATE import_registrations AS r
JOIN import_bookings AS b ON b.event_id = r.event_id AND b.user_id = r.user_id
SET r.fate = 'merged'
WHERE r.fate IS NULL AND r.id <> b.registration_id;

INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'registration', r.id, 'settled', CONCAT('seats_booked is ', b.seats, ' instead of ', COALESCE(r.seats, 'NULL'))
FROM import_registrations AS r
JOIN import_bookings AS b ON b.registration_id = r.id AND b.event_id = r.event_id AND b.user_id = r.user_id
WHERE r.fate IS NULL AND NOT b.seats <=> r.seats;
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'registration', r.id, 'settled', CONCAT('its user ', u.id, ' is an organizer, who cannot cancel it')
FROM import_registrations AS r
JOIN import_users AS u ON u.id = r.user_id
WHERE r.fate IS NULL AND u.role = 'organizer';
INSERT INTO import_report (kind, row_id, fate, why)
SELECT 'registration', id, 'settled', 'registered_at was no date and is the time of the import now'
FROM import_registrations
WHERE fate IS NULL AND registered_at IS NULL AND created_at IS NULL;
UPDATE import_registrations
SET registered_at = COALESCE(registered_at, created_at, UTC_TIMESTAMP())
WHERE fate IS NULL AND registered_at IS NULL;
