-- Every mail that is due or waits to be tried again, whether or not plan_deliveries has given it a row yet.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW deliveries_due (
    kind, event_id, title, event_date, registration_id, participant_id, participant, email, attempts, claimable_at
) AS
SELECT n.kind, n.event_id, n.title, n.event_date, r.id, u.id, u.name, u.email, CAST(d.attempts AS SIGNED), d.claimable_at
FROM deliveries AS d
JOIN live_notices AS n ON n.event_id = d.event_id AND n.kind = d.kind AND n.occasion = d.occasion
JOIN registrations AS r ON r.id = d.registration_id
JOIN users AS u ON u.id = r.user_id
WHERE d.state = 'due'
UNION ALL
SELECT 'reminder', e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM soon_events AS e
JOIN registrations AS r ON r.event_id = e.id
JOIN users AS u ON u.id = r.user_id
LEFT JOIN deliveries AS d ON d.registration_id = r.id AND d.kind = 'reminder' AND d.occasion = e.event_date
WHERE d.id IS NULL
UNION ALL
SELECT 'cancellation', e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM cancellations AS c
JOIN events AS e ON e.id = c.event_id
JOIN registrations AS r ON r.event_id = e.id
JOIN users AS u ON u.id = r.user_id
UNION ALL
SELECT n.kind, n.event_id, n.title, n.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM live_notices AS n
JOIN registrations AS r ON r.event_id = n.event_id AND r.id > n.planned_through
    AND (n.last_registration_id IS NULL OR r.id <= n.last_registration_id)
JOIN users AS u ON u.id = r.user_id
WHERE n.planned_at IS NULL AND n.kind <> 'reminder'
    -- Of several updates of which nobody was told yet everybody gets one mail.
    AND NOT EXISTS (
        SELECT 1
        FROM notices AS o
        WHERE o.event_id = n.event_id AND o.kind = 'update' AND n.kind = 'update' AND o.occasion < n.occasion
            AND o.planned_at IS NULL AND o.planned_through < r.id AND r.id <= o.last_registration_id
            AND NOT EXISTS (
                SELECT 1
                FROM deliveries AS b
                WHERE b.event_id = o.event_id AND b.kind = o.kind AND b.occasion = o.occasion
            )
    );
