-- The tables of the database, one line for each table, column, index, foreign key and CHECK, the same on every server.
-- schema.txt is what it says of a database that the migrations have made.
SELECT CONCAT_WS(' ', 'table', table_name, LOWER(engine), table_collation) AS line
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
UNION ALL
-- Widths of integers are only MariaDB's to show, and defaults are quoted only by it.
SELECT CONCAT_WS(' ', 'column', CONCAT(table_name, '.', column_name),
    IF(data_type LIKE '%int', CONCAT(data_type, IF(column_type LIKE '%unsigned%', ' unsigned', '')), column_type),
    collation_name, IF(is_nullable = 'YES', 'null', 'not null'),
    IF(NULLIF(column_default, 'NULL') IS NULL, NULL, CONCAT('default "', TRIM(BOTH '''' FROM LOWER(column_default)), '"')),
    NULLIF(TRIM(REPLACE(LOWER(extra), 'default_generated', '')), ''))
FROM information_schema.columns
WHERE table_schema = DATABASE()
    AND table_name IN (SELECT table_name FROM information_schema.tables
                       WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE')
UNION ALL
SELECT CONCAT(IF(MAX(non_unique) = 1, 'index ', 'unique '), table_name, '.', index_name, ' (',
    GROUP_CONCAT(CONCAT(column_name, IF(sub_part IS NULL, '', CONCAT('(', sub_part, ')')),
        IF(collation = 'D', ' desc', '')) ORDER BY seq_in_index SEPARATOR ', '), ')')
FROM information_schema.statistics
WHERE table_schema = DATABASE()
GROUP BY table_name, index_name
UNION ALL
-- RESTRICT and NO ACTION are two words for one thing.
SELECT CONCAT('foreign key ', k.table_name, '.', k.constraint_name, ' (',
    GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') to ', k.referenced_table_name, ' (',
    GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') on delete ',
    REPLACE(LOWER(MAX(r.delete_rule)), 'no action', 'restrict'), ' on update ',
    REPLACE(LOWER(MAX(r.update_rule)), 'no action', 'restrict'))
FROM information_schema.key_column_usage AS k
JOIN information_schema.referential_constraints AS r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL
GROUP BY k.table_name, k.constraint_name, k.referenced_table_name
UNION ALL
-- Servers write the condition itself each in their own way.
SELECT CONCAT('check ', table_name, '.', constraint_name)
FROM information_schema.table_constraints
WHERE table_schema = DATABASE() AND constraint_type = 'CHECK'
