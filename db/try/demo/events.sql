-- The demo: one organizer, two participants, five events, one of them sold out and one over.
-- It is made as a DBA would, by CALL; @password_hash is set by whoever runs this.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- Full minutes, as people announce them.
SET @now = CAST(DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:%i:00') AS DATETIME);

CALL register_user('Olivia Organizer', 'olivia@example.org', @password_hash, 'organizer');
CALL register_user('Peter Participant', 'peter@example.org', @password_hash, 'participant');
CALL register_user('Paula Participant', 'paula@example.org', @password_hash, 'participant');

CALL create_event(1, 'Databases as applications', 'Why every rule belongs where the data is.', 'Main hall',
    'Ada Lovelace', @now + INTERVAL 30 DAY, 100);
CALL create_event(1, 'Breakfast with the speakers', 'Coffee, croissants and questions.', 'Café Zoë',
    'Everybody', @now + INTERVAL 20 HOUR, 12);
CALL create_event(1, 'Lock order, by example', 'A workshop for four. Bring a deadlock of your own.', 'Room 2',
    'Edsger Dijkstra', @now + INTERVAL 14 DAY, 4);
CALL create_event(1, 'Event loops for the patient', 'One thread, ten thousand guests.', 'Room 3',
    'Grace Hopper', @now + INTERVAL 45 DAY, 40);
CALL create_event(1, 'Opening night', 'It was a good one.', 'Garden', 'Olivia Organizer',
    @now + INTERVAL 1 DAY, 50);

CALL register_for_event(2, 3, 2);
CALL register_for_event(3, 3, 2);
CALL register_for_event(3, 2, 1);
CALL register_for_event(3, 5, 2);

-- She has booked some time ago, so that she is reminded at once.
UPDATE registrations SET registered_at = registered_at - INTERVAL 1 DAY WHERE event_id = 2;

-- Only a DBA can put an event into the past: create_event takes none that has begun.
UPDATE events SET event_date = @now - INTERVAL 1 DAY WHERE id = 5;
