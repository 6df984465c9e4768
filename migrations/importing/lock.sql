-- Begins the transaction, and keeps everybody else from changing anything until it ends.
-- At this level rows are locked with the gaps between them, so that nothing is added either. Events first, as everybody has
-- it; registrations need no lock of their own, because whoever changes one has locked its event.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE;
START TRANSACTION;
SELECT COUNT(*) INTO @locked FROM events FORCE INDEX (PRIMARY) FOR UPDATE;
SELECT COUNT(*) INTO @locked FROM users FORCE INDEX (PRIMARY) FOR UPDATE;
-- Nobody plans or claims mails meanwhile.
SELECT COUNT(*) INTO @locked FROM turns FORCE INDEX (PRIMARY) FOR UPDATE;
