-- What the tables hold, in a line: of each its name, how many rows, and a digest of them in whatever order. CONCAT_WS passes
-- over NULL, so that what earlier versions wrote down still holds for users who want reminders, which is what they begin with.
SELECT CONCAT_WS(' ',
    (SELECT CONCAT('users:', COUNT(*), ':', COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|',
        id, name, email, role, password_hash, created_at, IF(wants_reminders, NULL, 'none')), 256), 16), 16, 10) AS UNSIGNED)), 0)) FROM users),
    (SELECT CONCAT('events:', COUNT(*), ':', COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|',
        id, organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available,
        COALESCE(cancelled_at, '-'), created_at), 256), 16), 16, 10) AS UNSIGNED)), 0)) FROM events),
    (SELECT CONCAT('registrations:', COUNT(*), ':', COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|',
        id, event_id, user_id, seats, registered_at), 256), 16), 16, 10) AS UNSIGNED)), 0)) FROM registrations),
    (SELECT CONCAT('deliveries:', COUNT(*), ':', COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|',
        registration_id, kind, occasion, event_id, user_id, state, attempts), 256), 16), 16, 10) AS UNSIGNED)), 0))
        FROM deliveries),
    (SELECT CONCAT('notices:', COUNT(*)) FROM notices),
    (SELECT CONCAT('cancellations:', COUNT(*)) FROM cancellations)
) INTO @fingerprint;
