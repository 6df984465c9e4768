-- Rows that the rules need, as the migrations have put them in: where one is missing, it is put in again.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

INSERT IGNORE INTO settings (name, value, description) VALUES
    ('max_seats_per_booking', 10, 'The most seats that one registration may hold'),
    ('max_delivery_attempts', 20, 'A mail that could not be sent so many times is dead'),
    ('delivery_retry_seconds', 60, 'The pause after a mail''s first failure; it doubles with each, up to six hours'),
    ('reminder_quiet_minutes', 360, 'Nobody is reminded within so many minutes of booking or of a mail that told the date');
INSERT IGNORE INTO turns (name, taken_at) VALUES ('claim', UTC_TIMESTAMP()), ('plan', UTC_TIMESTAMP());
