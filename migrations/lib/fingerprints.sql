-- What every view, function, procedure and trigger of the database is, as one checksum each: whatever makes it behave
-- otherwise makes it another one. The database's own name, which MySQL writes into views, is left out.
SELECT 'views' AS kind, table_name AS name,
    SHA2(CONCAT_WS('\n', REPLACE(view_definition, CONCAT('`', table_schema, '`.'), ''), check_option, definer,
        security_type, character_set_client, collation_connection), 256) AS fingerprint
FROM information_schema.views
WHERE table_schema = DATABASE()
UNION ALL
-- NULL where this account may not see the definition.
SELECT CONCAT(LOWER(r.routine_type), 's'), r.routine_name,
    IF(r.routine_definition IS NULL, NULL, SHA2(CONCAT_WS('\n', r.routine_definition, p.list, r.dtd_identifier,
        r.is_deterministic, r.sql_data_access, r.security_type, r.sql_mode, r.routine_comment, r.definer,
        r.character_set_client, r.collation_connection, r.database_collation), 256))
FROM information_schema.routines AS r
LEFT JOIN (
    SELECT specific_name, routine_type,
        GROUP_CONCAT(CONCAT_WS(' ', ordinal_position, parameter_mode, parameter_name, dtd_identifier, collation_name)
            ORDER BY ordinal_position) AS list
    FROM information_schema.parameters
    WHERE specific_schema = DATABASE()
    GROUP BY specific_name, routine_type
) AS p ON p.specific_name = r.specific_name AND p.routine_type = r.routine_type
WHERE r.routine_schema = DATABASE()
UNION ALL
SELECT 'triggers', trigger_name,
    SHA2(CONCAT_WS('\n', action_statement, action_timing, event_manipulation, event_object_table, action_order, sql_mode,
        definer, character_set_client, collation_connection, database_collation), 256)
FROM information_schema.triggers
WHERE trigger_schema = DATABASE()
