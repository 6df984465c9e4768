-- Every mail of the ledger, with its recipient and what became of it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW deliveries_log (
    delivery_id, kind, state, event_id, title, event_date, participant_id, participant, email, registration_id, occasion,
    attempts, uncertain_sends, claimable_at, finished_at, message_id, last_error
) AS
SELECT
    d.id, d.kind, d.state, d.event_id, e.title, e.event_date, d.user_id, u.name, u.email, d.registration_id, d.occasion,
    d.attempts, d.uncertain_sends, d.claimable_at, d.finished_at, d.message_id, d.last_error
FROM deliveries AS d
JOIN events AS e ON e.id = d.event_id
JOIN users AS u ON u.id = d.user_id;
