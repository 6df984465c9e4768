# The mysql client, made to behave the same whatever option files its user has and whatever defaults the server sets.

say() { printf 'migrate: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

lock_seconds=${MIGRATE_LOCK_SECONDS:-60}
# lock_wait_timeout is short, because everybody else would queue behind us while we wait for somebody's open transaction. The
# others undo defaults that a host may have set for all sessions; db/client does the same for the programs' connections.
session="SET SESSION autocommit = 1, completion_type = NO_CHAIN, lock_wait_timeout = $lock_seconds, wait_timeout = 28800,
    sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY', sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1,
    max_join_size = 18446744073709551615, group_concat_max_len = 1000000, foreign_key_checks = 1, unique_checks = 1,
    time_zone = '+00:00'"

# Makes the client's command line of the user's options and ours. Ours come last, and so win; the user's come first, because
# an option file has to be named first.
set_client() {
    local option
    client=("${MYSQL_CLIENT:-$(command -v mariadb || command -v mysql || true)}")
    [ -n "${client[0]}" ] || die "no mysql client found: install mariadb-client-core (or mysql-client-core)"
    for option in "$@"; do
        case $option in
        -p | --password)
            # The password is asked for here, once, because the client runs many times.
            read -rsp 'Enter password: ' MYSQL_PWD </dev/tty && echo >&2
            export MYSQL_PWD
            ;;
        *) client+=("$option") ;;
        esac
    done
    # --comments keeps the comments of a procedure's body for its reader. Nothing undoes --verbose: see rows.
    client+=(--batch --skip-column-names --comments --default-character-set=utf8mb4 "--delimiter=;"
        "--init-command=$session")
    for option in force table html xml vertical auto-vertical-output raw safe-updates tee pager show-warnings binary-mode \
        column-type-info binary-as-hex ignore-spaces; do
        client+=("--loose-skip-$option")
    done
}

# Runs statements whose answer is not wanted, in our database or in the one that `$2` names.
sql() { "${client[@]}" "${2:-$database}" -e "$1" >/dev/null; }
run_file() { "${client[@]}" "$database" <"$1" >/dev/null; }

# Prints the rows of a query, whose first column has to be 'row', without that column. The mark tells the rows from what else
# the client prints when an option file says "verbose".
rows() { "${client[@]}" "${2:-$database}" -e "$1" | sed -n 's/^row\t//p'; }

# Takes this database's lock and keeps it as long as this script lives: the session that holds it ends with its input.
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
