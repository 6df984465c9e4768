-- Every mail that is due or waits to be tried again, whether or not plan_deliveries has written its row yet.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- The part about updates has the rule of plan_notice, but leaves out readers of whom it is uncertain what they know.
CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW deliveries_due (
    kind, event_id, title, event_date, registration_id, participant_id, participant, email, attempts, claimable_at
) AS
SELECT
    l.kind, l.event_id, IF(l.event_state = 'cancelled', l.known_title, l.title),
    IF(l.event_state = 'cancelled', l.known_event_date, l.event_date), l.registration_id, u.id, u.name, u.email,
    CAST(l.attempts AS SIGNED), l.claimable_at
FROM live_deliveries AS l
JOIN users AS u ON u.id = l.user_id
WHERE l.state = 'due'
UNION ALL
SELECT n.kind, e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM timed_notices AS n
JOIN delivery_kinds AS rule ON rule.kind = n.kind
JOIN events AS e ON e.id = n.event_id
JOIN registrations AS r ON r.event_id = e.id
JOIN users AS u ON u.id = r.user_id
JOIN mail_settings AS s
LEFT JOIN deliveries AS d
    ON d.event_id = e.id AND d.user_id = r.user_id AND d.kind = n.kind AND d.occasion = n.occasion
WHERE d.id IS NULL AND (u.wants_reminders OR NOT rule.is_optional)
    AND r.registered_at NOT BETWEEN UTC_TIMESTAMP() - INTERVAL s.reminder_quiet_minutes * 60 - 1 SECOND AND UTC_TIMESTAMP()
    AND NOT EXISTS (
        SELECT 1
        FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
        WHERE m.registration_id = r.id AND m.state = 'sent'
            AND m.finished_at > UTC_TIMESTAMP() - INTERVAL s.reminder_quiet_minutes MINUTE
    )
UNION ALL
SELECT 'cancellation', e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM cancellations AS c
JOIN events AS e ON e.id = c.event_id
JOIN registrations AS r ON r.event_id = e.id
JOIN users AS u ON u.id = r.user_id
UNION ALL
SELECT 'cancellation', e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM notices AS n
JOIN events AS e ON e.id = n.event_id
JOIN registrations AS r ON r.event_id = n.event_id AND r.id > n.planned_through
JOIN users AS u ON u.id = r.user_id
WHERE n.kind = 'cancellation' AND n.planned_at IS NULL AND e.cancelled_at IS NOT NULL
UNION ALL
SELECT 'update', e.id, e.title, e.event_date, r.id, u.id, u.name, u.email, 0, UTC_TIMESTAMP()
FROM notices AS n
JOIN events AS e ON e.id = n.event_id
JOIN registrations AS r ON r.event_id = n.event_id AND r.id > n.planned_through AND r.id <= n.last_registration_id
JOIN users AS u ON u.id = r.user_id
WHERE n.kind = 'update' AND n.planned_at IS NULL AND e.cancelled_at IS NULL AND e.event_date > UTC_TIMESTAMP()
    AND NOT EXISTS (
        SELECT 1
        FROM notices AS o
        WHERE o.event_id = n.event_id AND o.kind = 'update' AND o.occasion > n.occasion AND o.planned_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1
        FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
        WHERE m.registration_id = r.id AND m.kind = 'update' AND m.state IN ('due', 'in_flight')
    )
    AND EXISTS (
        SELECT 1
        FROM edition_changes AS k
        WHERE k.event_id = r.event_id AND k.differs AND k.last_registration_id >= r.id
            -- The known edition, as in plan_notice: the one at which they registered, or the last one that a mail told.
            AND k.edition = GREATEST(
                (
                    SELECT MIN(o.edition)
                    FROM event_editions AS o FORCE INDEX (event_editions_by_registration)
                    WHERE o.event_id = r.event_id AND o.last_registration_id >= r.id
                ),
                COALESCE((
                    SELECT MAX(m.edition)
                    FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
                    WHERE m.registration_id = r.id AND m.state = 'sent'
                ), 0)
            )
    );
