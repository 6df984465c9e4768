# The mysql client as migrate uses it: whatever its user's option files and the server's defaults say, the same.

say() { printf 'migrate: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

lock_seconds=${MIGRATE_LOCK_SECONDS:-60}
# A lock that somebody's open transaction holds is not waited for long, because everybody else would wait behind us.
# The rest undoes what a server may have been given as a default for all its sessions.
session="SET SESSION autocommit = 1, completion_type = NO_CHAIN, lock_wait_timeout = $lock_seconds, wait_timeout = 28800,
    sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY', sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1,
    max_join_size = 18446744073709551615, group_concat_max_len = 1000000, foreign_key_checks = 1, unique_checks = 1,
    time_zone = '+00:00'"

# Appends the user's options. An option file has to be named first, so ours come after them, and win.
set_client() {
    local option
    client=("${MYSQL_CLIENT:-$(command -v mariadb || command -v mysql || true)}")
    [ -n "${client[0]}" ] || die "no mysql client found: install mariadb-client-core (or mysql-client-core)"
    for option in "$@"; do
        case $option in
        -p | --password)
            # Asked for once: the client runs many times.
            read -rsp 'Enter password: ' MYSQL_PWD </dev/tty && echo >&2
            export MYSQL_PWD
            ;;
        *) client+=("$option") ;;
        esac
    done
    # --comments: those of a procedure's body are kept for its reader. Of --verbose there is no opposite: see rows.
    client+=(--batch --skip-column-names --comments --default-character-set=utf8mb4 "--delimiter=;"
        "--init-command=$session")
    for option in force table html xml vertical auto-vertical-output raw safe-updates tee pager show-warnings binary-mode \
        column-type-info binary-as-hex ignore-spaces; do
        client+=(--loose-skip-$option)
    done
}

# Statements for which no answer is wanted, in the database or in another one.
sql() { "${client[@]}" "${2:-$database}" -e "$1" >/dev/null; }
run_file() { "${client[@]}" "$database" <"$1" >/dev/null; }

# The rows of a query whose first column is 'row', without that column: the mark tells them from what an option file with
# "verbose" in it makes the client print besides.
rows() { "${client[@]}" "${2:-$database}" -e "$1" | sed -n 's/^row\t//p'; }

# Keeps the lock of this database as long as this script lives: the session ends with its standard input.
hold_lock() {
    local answer
    coproc holder { "${client[@]}" --unbuffered information_schema; }
    echo "SELECT 'row', GET_LOCK(CONCAT('eventhub_migrate_', LEFT(SHA2('$database', 256), 32)), $lock_seconds);" >&"${holder[1]}"
    while read -r answer <&"${holder[0]}" || answer="row the session ended"; do
        [[ $answer != row* ]] || break
    done
    [[ $answer =~ ^row.1$ ]] ||
        die "another migrate works on $database and has not finished (answer of GET_LOCK: ${answer#row?})"
}
