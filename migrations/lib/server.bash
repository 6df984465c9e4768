# The server: what it is, and which of its settings EventHub cannot work with.

declare -A setting=()

read_server() {
    local name value
    while IFS=$'\t' read -r name value; do
        setting[$name]=$value
    done < <("${client[@]}" information_schema -e "SHOW GLOBAL VARIABLES WHERE variable_name IN ('binlog_format',
        'innodb_default_row_format', 'log_bin', 'lower_case_table_names', 'partial_revokes', 'sql_mode')" | grep -P '^\w+\t')
    wait $! || die "cannot reach the server"
    rows "SELECT 'row', COUNT(*) FROM mysql.user" information_schema >/dev/null ||
        die "this account cannot see which accounts there are: it needs the rights that migrations/README.md lists"
    # No variable says whether sessions can set SYSDATE()'s clock (--sysdate-is-now), so it is tried.
    setting[sysdate_year]=$(rows "SET timestamp = 1; SELECT 'row', YEAR(SYSDATE())" information_schema 2>/dev/null || true)
    [ "${setting[lower_case_table_names]}" = 0 ] || database=${database,,}
    # In a grant on a database an unescaped _ stands for any character. With partial_revokes there are no wildcards, and the
    # name is written as it is.
    grant_name=$database
    [ "${setting[partial_revokes]:-OFF}" = ON ] || grant_name=${database//_/\\_}
}

# Refuses settings under which the migration would succeed, or half of it, and the service would then fail.
compare_server() {
    if [ "${setting[log_bin]}" = ON ] && [ "${setting[binlog_format]:-ROW}" = STATEMENT ]; then
        differ "binlog_format is STATEMENT, under which bookings cannot be written (error 1665): set it to ROW or MIXED,
  and the shims' connections have to be new ones"
    fi
    [ "${setting[sysdate_year]}" != 1970 ] ||
        differ "the server was started with --sysdate-is-now, so that whoever says SET timestamp books events that are over:
  start it without"
    # Only MySQL has this fault; having partial_revokes tells it from MariaDB.
    if [ -n "${setting[partial_revokes]:-}" ] && [[ ${setting[sql_mode]} == *ANSI_QUOTES* ]]; then
        differ "sql_mode is ${setting[sql_mode]}: with ANSI_QUOTES in it MySQL lets nobody call a procedure who may by a
  role. Set it to one without ANSI_QUOTES for the whole server; sessions may have it"
    fi
    if [ ${#pending[@]} -gt 0 ] && [ "${setting[innodb_default_row_format]}" != dynamic ]; then
        differ "innodb_default_row_format is ${setting[innodb_default_row_format]}, whose indexes are too short for e-mail
  addresses: set it to dynamic"
    fi
}

# A rehearsal with objects of its own: an account with too few rights, or a setting that nobody has thought of, is to fail
# here, before anything of ours has been dropped or begun.
probe_server() {
    local file error files=("$lib/probe.sql") triggers=("$db"/triggers/*.sql "$db"/functions/*.sql)
    [ ${#triggers[@]} = 0 ] || files+=("$lib/probe_triggers.sql")
    for file in "${files[@]}"; do
        error=$(run_file "$file" 2>&1) && continue
        sql "DROP TABLE IF EXISTS migrate_probe; DROP VIEW IF EXISTS migrate_probe_view;
             DROP PROCEDURE IF EXISTS migrate_probe; DROP FUNCTION IF EXISTS migrate_probe" 2>/dev/null || true
        case $error in
        *"ERROR 1418 "* | *"ERROR 1419 "*)
            die "the binary log is on, and this account may not create triggers then: set log_bin_trust_function_creators
  to 1 on the server, or use an account with SUPER. Nothing has been changed." ;;
        *"ERROR 1227 "* | *"ERROR 1044 "* | *"ERROR 1142 "* | *"ERROR 1370 "* | *"ERROR 1410 "*)
            die "this account has too few rights: migrations/README.md lists them. Nothing has been changed.
  $error" ;;
        *)
            die "this server does not take what EventHub is made of. Nothing has been changed.
  $error" ;;
        esac
    done
}
