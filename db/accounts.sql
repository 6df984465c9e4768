-- Roles and grants: who may do what.
--
-- Accounts that log in are the operator's to create; each is given one of the three roles here (db/README.md shows how).
-- EXECUTE on a procedure is granted at the end of that procedure's own file, because DROP PROCEDURE takes the grant away.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- The procedures and views run with this account's rights. Nobody can log in as it.
-- Servers that validate passwords want one even so, a strong one; nobody is to know it. The account is not made "if it
-- does not exist": MySQL 9 takes that for giving away what belongs to the account's name, even where the account is there.
SET @statement = IF((SELECT COUNT(*) FROM mysql.user WHERE user = 'eventhub_definer' AND host = 'localhost') > 0, 'DO 0',
    CONCAT('CREATE USER ''eventhub_definer''@''localhost'' IDENTIFIED BY ''Aa1#',
        SHA2(CONCAT(UUID(), RAND(), CONNECTION_ID(), SYSDATE(6)), 256), ''' ACCOUNT LOCK'));
PREPARE make FROM @statement;
EXECUTE make;
ALTER USER 'eventhub_definer'@'localhost' ACCOUNT LOCK;

-- The shim: EXECUTE on the procedures of the REST table, no table or view.
CREATE ROLE IF NOT EXISTS eventhub_api;

-- The notifier: its own procedures, no table.
CREATE ROLE IF NOT EXISTS eventhub_mailer;

-- A DBA: everything in this database.
CREATE ROLE IF NOT EXISTS eventhub_dba;

-- What the two may do in this database. migrate compares these lines with what they may do already.
-- The definer sees what is deployed (check_database), and triggers run with its rights.
SET @rights_of_definer = 'SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW, TRIGGER';
-- Not ALL: a server may have privileges that whoever migrates has not got.
SET @rights_of_dba = 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER';

-- In a grant on a database, _ stands for any character, so that the name has to be written with it escaped; but not under
-- partial_revokes, which only MySQL has.
SET @partial_revokes = 0 /*!80016 + @@GLOBAL.partial_revokes */;
SET @database = CONCAT('`', IF(@partial_revokes, DATABASE(), REPLACE(DATABASE(), '_', '\\_')), '`.*');
SET @statement = CONCAT('GRANT ', @rights_of_definer, ' ON ', @database, ' TO ''eventhub_definer''@''localhost''');
PREPARE make FROM @statement;
EXECUTE make;
SET @statement = CONCAT('GRANT ', @rights_of_dba, ' ON ', @database, ' TO eventhub_dba');
PREPARE make FROM @statement;
EXECUTE make;
DEALLOCATE PREPARE make;
