-- Roles and grants: who may do what.
--
-- Accounts that log in are the operator's to create; each is given one of the three roles here (db/README.md shows how).
-- EXECUTE on a procedure is granted at the end of that procedure's own file, because DROP PROCEDURE takes the grant away.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- The procedures and views run with this account's rights. Nobody can log in as it.
-- (MySQL's validate_password wants a password even so.)
CREATE USER IF NOT EXISTS 'eventhub_definer'@'localhost' /*!80018 IDENTIFIED BY RANDOM PASSWORD */ ACCOUNT LOCK;

-- The shim: EXECUTE on the procedures of the REST table, no table or view.
CREATE ROLE IF NOT EXISTS eventhub_api;

-- The notifier: its own procedures, no table.
CREATE ROLE IF NOT EXISTS eventhub_mailer;

-- A DBA: everything in this database.
CREATE ROLE IF NOT EXISTS eventhub_dba;

-- In a grant on a database, _ stands for any character: the name has to be written with it escaped.
SET @database = CONCAT('`', REPLACE(DATABASE(), '_', '\\_'), '`.*');
SET @statement = CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER ON ', @database, ' TO ''eventhub_definer''@''localhost''');
PREPARE give FROM @statement;
EXECUTE give;
SET @statement = CONCAT('GRANT ALL PRIVILEGES ON ', @database, ' TO eventhub_dba');
PREPARE give FROM @statement;
EXECUTE give;
DEALLOCATE PREPARE give;
