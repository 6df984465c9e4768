-- Puts what was read and judged in the place of what an earlier run brought.
DELETE FROM deliveries;
DELETE FROM registrations;
DELETE FROM events;
DELETE FROM users;

INSERT INTO users (id, name, email, role, password_hash, created_at)
SELECT id, name, email, role, password_hash, created_at FROM import_users WHERE fate IS NULL ORDER BY id;

INSERT INTO events (
    id, organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available
)
SELECT id, organizer_id, title, description, venue, speaker, event_date, total_seats, total_seats
FROM import_events
WHERE fate IS NULL
ORDER BY id;

INSERT INTO registrations (id, event_id, user_id, seats, registered_at)
SELECT r.id, r.event_id, r.user_id, b.seats, r.registered_at
FROM import_registrations AS r
JOIN import_bookings AS b ON b.event_id = r.event_id AND b.user_id = r.user_id
WHERE r.fate IS NULL
ORDER BY r.id;

-- The same whether or not the registrations have counted their seats themselves.
UPDATE events AS e JOIN import_events AS i ON i.id = e.id SET e.seats_available = i.total_seats - i.booked;

-- A reminder of this date was sent, when nobody knows, but not before it was due; should the event move, there is another one.
INSERT INTO deliveries (registration_id, kind, occasion, event_id, user_id, state, claimable_at, finished_at, edition)
SELECT
    b.registration_id, 'reminder', e.event_date - INTERVAL SECOND(e.event_date) SECOND, b.event_id, b.user_id, 'sent',
    LEAST(UTC_TIMESTAMP(), e.event_date - INTERVAL 24 HOUR), LEAST(UTC_TIMESTAMP(), e.event_date - INTERVAL 24 HOUR), 1
FROM import_bookings AS b
JOIN import_events AS e ON e.id = b.event_id
WHERE b.reminded AND e.event_date > UTC_TIMESTAMP();

-- What must be true now; the first violation ends the session, and with it the transaction.
CREATE TEMPORARY TABLE import_checks (
    wrong_seats         BIGINT NOT NULL PRIMARY KEY,
    lost_users          BIGINT NOT NULL,
    lost_events         BIGINT NOT NULL,
    lost_registrations  BIGINT NOT NULL,
    CONSTRAINT import_seats_add_up CHECK (wrong_seats = 0),
    CONSTRAINT import_has_all_users CHECK (lost_users = 0),
    CONSTRAINT import_has_all_events CHECK (lost_events = 0),
    CONSTRAINT import_has_all_registrations CHECK (lost_registrations = 0)
) ENGINE = InnoDB;
SELECT COUNT(*) INTO @users FROM import_users WHERE fate IS NULL;
SELECT COUNT(*) INTO @events FROM import_events WHERE fate IS NULL;
SELECT COUNT(*) INTO @registrations FROM import_registrations WHERE fate IS NULL;
INSERT INTO import_checks (wrong_seats, lost_users, lost_events, lost_registrations)
SELECT
    (SELECT COUNT(*) FROM seat_audit),
    @users - (SELECT COUNT(*) FROM users),
    @events - (SELECT COUNT(*) FROM events),
    @registrations - (SELECT COUNT(*) FROM registrations);
