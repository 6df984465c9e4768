# The database, its tables, and the migrations that make them.

wanted_collation=utf8mb4_unicode_520_ci
declare -A applied=()
pending=()
newest=0

# Reads the database's collation and tables. The collation is empty if there is no such database.
read_database() {
    collation=$(rows "SELECT 'row', default_collation_name FROM information_schema.schemata
                      WHERE schema_name = '$database'" information_schema)
    tables=" "
    [ -z "$collation" ] || tables=" $(rows "SELECT 'row', table_name FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'" | tr '\n' ' ')"
}
has_table() { [[ $tables == *" $1 "* ]]; }

compare_database() {
    [ "$collation" = $wanted_collation ] || differ "the database's collation is $collation, and not $wanted_collation"
}

# Prints a line for each column, index, constraint and required row of the tables, as in schema.txt.
describe_tables() {
    local rows_of_rules
    {
        rows "SELECT 'row', line FROM ($(cat "$lib/schema.sql")) AS described"
        for rows_of_rules in secrets settings turns; do
            ! has_table $rows_of_rules ||
                rows "SELECT 'row', CONCAT('row $rows_of_rules ', name) FROM $rows_of_rules ORDER BY name"
        done
    } | LC_ALL=C sort
}
# Additional indexes and rows are no difference: a DBA may add them.
compare_tables() {
    local line
    while IFS= read -r line; do
        case $line in
        "< row "*) missing_rows+=("${line#< }") ;;
        "< "*) differ "the tables lack: ${line#< }" ;;
        "> index "* | "> row "*) ;;
        "> "*) differ "the tables have: ${line#> }, which this version does not know" ;;
        esac
    done < <(diff "$here/schema.txt" <(describe_tables | only_our_tables) | grep '^[<>]')
}
only_our_tables() {
    awk 'function of(line, part) { split(line, part, /[ .]/); return part[1] == "foreign" ? part[3] : part[2] }
        NR == FNR { ours[of($0)]; next } of($0) in ours' "$here/schema.txt" -
}

# Finds out which migrations have been applied and which are `pending`. Every difference that it names here needs a person:
# migrate goes no further.
compare_migrations() {
    local file name version sum state finished=
    applied=()
    pending=()
    if has_table schema_migrations; then
        while IFS=$'\t' read -r version name sum state; do
            applied[$version]="$name $sum"
            if [ "$state" = finished ]; then
                finished=yes
                continue
            fi
            differ "$name was begun and did not finish. Its statements commit one by one: complete or
  undo by hand what it did, then UPDATE schema_migrations SET finished_at = UTC_TIMESTAMP() or DELETE FROM
  schema_migrations, WHERE version = $version, and run this again."
        done < <(rows "SELECT 'row', version, name, sha256, IF(finished_at IS NULL, 'begun', 'finished')
                       FROM schema_migrations ORDER BY version")
        wait $!
    fi
    for file in "$here"/[0-9][0-9][0-9][0-9]_*.sql; do
        name=$(basename "$file")
        version=$((10#${name:0:4}))
        newest=$version
        if [ -z "${applied[$version]:-}" ]; then
            pending+=("$name")
        elif [ "${applied[$version]}" != "$name $(sha256 "$file")" ]; then
            differ "$name is not what was applied to $database as migration
  $version (${applied[$version]% *}): a migration never changes once it has run. Restore the file and add a new one."
        fi
    done
    for version in "${!applied[@]}"; do
        [ "$version" -le "$newest" ] || differ "$database has migration ${applied[$version]% *}, which this checkout does not
  know: it is newer. Use the checkout that made it, or a newer one."
    done
    [ -n "$finished" ] || compare_origin
}

# Looks at tables without a record of the migrations that made them: a dump without schema_migrations, or another
# application's.
compare_origin() {
    local table found='' made_by_us
    adopt=
    while IFS= read -r table; do
        ! has_table "$table" || found+=" $table"
    done < <(awk '$1 == "table" { print $2 }' "$here/schema.txt")
    [ -n "$found" ] || return 0
    if [ -n "$(rows "SELECT 'row', column_name FROM information_schema.columns WHERE table_schema = DATABASE()
                     AND table_name = 'registrations' AND column_name = 'seats_booked'")" ]; then
        differ "$database holds the tables of EventHub's first implementation: migrations/IMPORT.md says how to bring them
  over. Name a database of another name here."
        return
    fi
    # compare_migrations has already named a migration that was begun and not finished.
    [ ${#applied[@]} = 0 ] || return 0
    made_by_us=$(differences=() missing_rows=() && compare_tables && [ ${#differences[@]} = 0 ] && echo yes) || true
    if [ "$made_by_us" = yes ]; then
        adopt=yes
    else
        differ "$database has tables of the same names as EventHub's ($found ), and nothing that says which migrations made
  them (schema_migrations). They are not as this version's are either. Name another database, or restore
  schema_migrations as well."
    fi
}

# Makes the secret that links in mails are derived from. It is random, so no file can hold it; one that exists stays, so that
# old links stay valid, also after a restore. It is in no argument, which others could see, and is cut out of what the client
# prints, because some clients repeat a statement that fails.
make_secret() {
    local value output
    has_table secrets || return 0
    value=$(od -vAn -N32 -tx1 /dev/urandom | tr -d ' \n')
    output=$(printf "INSERT IGNORE INTO secrets (name, value) VALUES ('unsubscribe', '%s');" "$value" |
        "${client[@]}" "$database" 2>&1) || die "the secret of the links in mails could not be put in: ${output//$value/...}"
}

make_bookkeeping() {
    sql "CREATE TABLE IF NOT EXISTS schema_migrations (
            version     INT UNSIGNED NOT NULL PRIMARY KEY,
            name        VARCHAR(255) NOT NULL,
            sha256      CHAR(64)     NOT NULL,
            started_at  DATETIME     NOT NULL DEFAULT (UTC_TIMESTAMP()),
            finished_at DATETIME         NULL COMMENT 'NULL: begun and not finished'
         ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
         CREATE TABLE IF NOT EXISTS deployed_objects (
            path        VARCHAR(255) NOT NULL PRIMARY KEY
                        COMMENT 'File below db/ that made the object; unfinished: migrate was at work and has not come to its end',
            sha256      CHAR(64)     NOT NULL COMMENT 'Of the file',
            deployed_at DATETIME     NOT NULL DEFAULT (UTC_TIMESTAMP()),
            fingerprint CHAR(64)         NULL COMMENT 'Of the object as the server shows it'
         ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;"
    # An earlier version made the table without this column.
    [ -n "$(rows "SELECT 'row', 1 FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'deployed_objects' AND column_name = 'fingerprint'")" ] ||
        sql "ALTER TABLE deployed_objects ADD COLUMN fingerprint CHAR(64) NULL COMMENT 'Of the object as the server shows it'"
    tables+="schema_migrations deployed_objects "
}

apply_migrations() {
    local name version record
    for name in "${pending[@]}"; do
        version=$((10#${name:0:4}))
        record="INSERT INTO schema_migrations (version, name, sha256"
        if [ -n "$adopt" ]; then
            sql "$record, finished_at) VALUES ($version, '$name', '$(sha256 "$here/$name")', UTC_TIMESTAMP())"
            continue
        fi
        say "$name"
        sql "$record) VALUES ($version, '$name', '$(sha256 "$here/$name")')"
        run_file "$here/$name" || die "$name failed: see the error above"
        sql "UPDATE schema_migrations SET finished_at = UTC_TIMESTAMP() WHERE version = $version"
    done
    [ -z "$adopt" ] || say "the tables are as this version makes them: recorded as migration $newest"
}
