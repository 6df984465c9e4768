-- The kinds of mail and the rules of each.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- The procedures and views of the ledger read these columns; a kind is named only where its mails come from (timed_notices,
-- tell_of_change, and the outbox of cancellations).
--   occasion       date: once per person and date of the event, again when the event gets another date;
--                  news: to each person who does not yet know what has become of the event
--   event_state    upcoming or cancelled: a mail makes sense while its event is in this state, and is withdrawn otherwise
--   after_unknown  what a mail becomes when its request left and no answer came: unconfirmed (not sent again, because a
--                  second one is a nuisance) or due (sent again, because missing it is worse than getting it twice)
--   is_optional    1: participants can turn these mails off (users.wants_reminders)
-- The words of each kind are in notifier/mail_kinds.c. The kind has the collation of the column deliveries.kind, or no index
-- could be used.
CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW delivery_kinds (kind, occasion, event_state, after_unknown, is_optional) AS
SELECT _ascii'reminder' COLLATE ascii_bin, 'date', 'upcoming', 'unconfirmed', 1
UNION ALL
SELECT _ascii'update' COLLATE ascii_bin, 'news', 'upcoming', 'due', 0
UNION ALL
SELECT _ascii'cancellation' COLLATE ascii_bin, 'news', 'cancelled', 'due', 0;
