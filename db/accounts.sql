-- Roles and grants: who may do what.
--
-- The operator creates the accounts that log in, and grants each of them one of the three roles (db/README.md shows how).
-- EXECUTE on a procedure is granted at the end of that procedure's own file, because DROP PROCEDURE takes the grant away.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- The procedures and views run with this account's rights. Nobody can log in as it. Servers that validate passwords want a
-- strong one even so; this one is random, and nobody knows it. CREATE USER IF NOT EXISTS will not do: MySQL 9 refuses it for
-- an account that owns objects, because a new account of that name would get them.
SET @statement = IF((SELECT COUNT(*) FROM mysql.user WHERE user = 'eventhub_definer' AND host = 'localhost') > 0, 'DO 0',
    CONCAT('CREATE USER ''eventhub_definer''@''localhost'' IDENTIFIED BY ''Aa1#',
        SHA2(CONCAT(UUID(), RAND(), CONNECTION_ID(), SYSDATE(6)), 256), ''' ACCOUNT LOCK'));
PREPARE make FROM @statement;
EXECUTE make;
ALTER USER 'eventhub_definer'@'localhost' ACCOUNT LOCK;

-- The shim: EXECUTE on the procedures behind the REST API, no table or view.
CREATE ROLE IF NOT EXISTS eventhub_api;

-- The notifier: EXECUTE on its own procedures, no table or view.
CREATE ROLE IF NOT EXISTS eventhub_mailer;

-- A DBA: everything in this database.
CREATE ROLE IF NOT EXISTS eventhub_dba;

-- The rights of the definer and of DBAs in this database. migrate reads these two lines and compares them with the rights
-- that are there. SHOW VIEW is for check_database, TRIGGER because triggers run with the rights of the definer.
SET @rights_of_definer = 'SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW, TRIGGER';
-- Not ALL: a server may have privileges that the account that migrates lacks.
SET @rights_of_dba = 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER';

-- In a grant on a database _ stands for any character, so it is escaped in the name; but not under partial_revokes, which
-- only MySQL has.
SET @partial_revokes = 0 /*!80016 + @@GLOBAL.partial_revokes */;
SET @database = CONCAT('`', IF(@partial_revokes, DATABASE(), REPLACE(DATABASE(), '_', '\\_')), '`.*');
SET @statement = CONCAT('GRANT ', @rights_of_definer, ' ON ', @database, ' TO ''eventhub_definer''@''localhost''');
PREPARE make FROM @statement;
EXECUTE make;
SET @statement = CONCAT('GRANT ', @rights_of_dba, ' ON ', @database, ' TO eventhub_dba');
PREPARE make FROM @statement;
EXECUTE make;
DEALLOCATE PREPARE make;
