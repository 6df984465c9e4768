# Accounts and grants, and the objects that are made anew from their files whenever they differ: views, functions, procedures,
# triggers.

# Triggers before the procedures that read what they keep.
folders=(views/internal views functions procedures/internal triggers procedures)
roles="eventhub_api eventhub_mailer eventhub_dba"
declare -A file_sum=() deployed=() present=()
paths=()
stale=()
gone=()

sha256() { sha256sum "$1" | cut -c 1-64; }
object_of() { basename "$1" .sql; }
kind_of() { echo "${1%%/*}"; }

list_files() {
    local folder file
    paths=()
    for folder in "${folders[@]}"; do
        for file in "$db/$folder"/*.sql; do
            paths+=("$folder/$(basename "$file")")
        done
    done
    while read -r sum file; do
        file_sum[${file#"$db/"}]=$sum
    done < <(sha256sum "${paths[@]/#/"$db/"}")
}

# Fills `stale`, the files that have to be deployed: their object is missing, or the object or the file has changed since the
# last time. And `gone`, the files that once made an object and do not exist any more.
compare_objects() {
    local path sum fingerprint kind name
    deployed=()
    present=()
    stale=()
    gone=()
    while IFS=$'\t' read -r kind name fingerprint; do
        [ "$fingerprint" != NULL ] ||
            die "this account cannot see how $name is defined: it needs the rights that migrations/README.md lists"
        present[$kind/$name]=$fingerprint
    done < <(rows "SELECT 'row', f.* FROM ($(cat "$lib/fingerprints.sql")) AS f")
    wait $!
    if has_table deployed_objects; then
        # A database of an earlier version has no fingerprints; then everything counts as changed.
        local column=NULL
        [ -z "$(rows "SELECT 'row', 1 FROM information_schema.columns WHERE table_schema = DATABASE()
                      AND table_name = 'deployed_objects' AND column_name = 'fingerprint'")" ] || column=fingerprint
        while IFS=$'\t' read -r path sum fingerprint; do
            deployed[$path]="$sum $fingerprint"
        done < <(rows "SELECT 'row', path, sha256, COALESCE($column, '-') FROM deployed_objects")
        wait $!
    fi
    for path in "${paths[@]}"; do
        kind=$(kind_of "$path")
        name=$(object_of "$path")
        if [ "${deployed[$path]:-}" != "${file_sum[$path]} ${present[$kind/$name]:-missing}" ]; then
            stale+=("$path")
            if [ -z "${present[$kind/$name]:-}" ]; then
                differ "$kind: $name is missing"
            else
                differ "$kind: $name is not as db/$path makes it"
            fi
        fi
    done
    for path in "${!deployed[@]}"; do
        if [ "$path" = unfinished ]; then
            differ "a run of migrate has not come to its end"
        elif [ -z "${file_sum[$path]:-}" ]; then
            gone+=("$path")
            differ "$(kind_of "$path"): $(object_of "$path") is there, and db/$path is not"
        fi
    done
}

deploy() {
    local path=$1 object lock= unlock=
    object=$(object_of "$path")
    say "db/$path"
    # The lock keeps everybody from writing between a trigger's DROP and its CREATE, because such a row would not be counted.
    if [ "$(kind_of "$path")" = triggers ]; then
        lock="LOCK TABLES $(tr '\n' ' ' <"$db/$path" | grep -oP '\b(INSERT|UPDATE|DELETE)\s+ON\s+\K\w+' | head -n 1) WRITE;"
        unlock="UNLOCK TABLES;"
    fi
    # The record of it is deleted first, because a file that fails may have dropped its object already.
    {
        echo "DELETE FROM deployed_objects WHERE path = '$path'; $lock"
        cat "$db/$path" && echo || exit
        echo "$unlock INSERT INTO deployed_objects (path, sha256) VALUES ('$path', '${file_sum[$path]}');"
    } | "${client[@]}" "$database" >/dev/null || die "db/$path failed: see the error above"
}

drop_gone() {
    local path=$1 kind object
    declare -A statement=([views]=VIEW [functions]=FUNCTION [procedures]=PROCEDURE [triggers]=TRIGGER)
    kind=$(kind_of "$path")
    object=$(object_of "$path")
    # A file that has moved to another folder still makes the object.
    if [ -n "${statement[$kind]:-}" ] && [ -z "$(find "$db/$kind" -name "$object.sql" 2>/dev/null)" ]; then
        say "db/$path is gone: dropping $object"
        sql "DROP ${statement[$kind]} IF EXISTS $object"
    fi
    sql "DELETE FROM deployed_objects WHERE path = '$path'"
}

# Records, in one statement, what the server shows of everything that has just been deployed.
record_fingerprints() {
    sql "CREATE TEMPORARY TABLE found (
            object VARCHAR(128) NOT NULL, fingerprint CHAR(64) NULL, PRIMARY KEY (object)
         ) DEFAULT CHARACTER SET ascii COLLATE ascii_bin AS
         SELECT CONCAT(f.kind, '/', f.name) AS object, f.fingerprint FROM ($(cat "$lib/fingerprints.sql")) AS f;
         UPDATE deployed_objects AS d JOIN found AS f
             ON f.object = CONCAT(SUBSTRING_INDEX(d.path, '/', 1), '/',
                 SUBSTRING_INDEX(SUBSTRING_INDEX(d.path, '/', -1), '.sql', 1))
         SET d.fingerprint = f.fingerprint WHERE d.fingerprint IS NULL"
}

# Compares the accounts, their rights on the database, and which procedures and functions the roles may execute.
compare_accounts() {
    local account have want right line
    missing_accounts=
    missing_grants=()
    have=" $(rows "SELECT 'row', user FROM mysql.user WHERE user = 'eventhub_definer' AND host = 'localhost'
        OR user IN ('${roles// /\', \'}') AND host IN ('', '%')" information_schema | tr '\n' ' ')"
    for account in eventhub_definer $roles; do
        [[ $have == *" $account "* ]] || { missing_accounts=yes && differ "accounts: $account is missing"; }
    done
    if [[ $have == *" eventhub_definer "* ]] && [[ $("${client[@]}" information_schema -e \
        "SHOW CREATE USER 'eventhub_definer'@'localhost'") != *"ACCOUNT LOCK"* ]]; then
        missing_accounts=yes
        differ "accounts: eventhub_definer can log in"
    fi

    have=$(rows "SELECT 'row', grantee, table_schema, privilege_type FROM information_schema.schema_privileges
                 WHERE table_schema IN ('$database', '${grant_name//\\/\\\\}')" information_schema | tr -d "'" | sed 's/\\\\/\\/g')
    for account in definer dba; do
        want=$(sed -n "s/^SET @rights_of_$account = '\(.*\)';$/\1/p" "$db/accounts.sql")
        while IFS= read -r right; do
            grep -qP "^eventhub_$account@\S*\t.*\t$right$" <<<"$have" ||
                { missing_accounts=yes && differ "grants: eventhub_$account has no $right on $database"; }
        done <<<"${want//, /$'\n'}"
    done

    [ "$mode" != check ] || compare_excess "$have"

    have=" $(rows "SELECT 'row', CONCAT(user, '.', LOWER(routine_name)) FROM mysql.procs_priv WHERE db = '$database'
        AND user IN ('${roles// /\', \'}') AND host IN ('', '%') AND FIND_IN_SET('Execute', proc_priv)" |
        tr '\n' ' ')"
    while IFS= read -r line; do
        [[ $line =~ ^GRANT\ EXECUTE\ ON\ (PROCEDURE|FUNCTION)\ ([a-z_]+)\ TO\ (.*)\;$ ]] || die "not understood: $line"
        for account in ${BASH_REMATCH[3]//,/ }; do
            [[ $have == *" $account.${BASH_REMATCH[2]} "* ]] || {
                missing_grants+=("GRANT EXECUTE ON ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} TO $account;")
                differ "grants: $account may not execute ${BASH_REMATCH[2]}"
            }
        done
    done < <(cd "$db" && grep -h '^GRANT EXECUTE ON ' "${paths[@]}")
}

# Names the rights that the programs' roles have beyond the files. Only a person takes rights away. `$1` are the privileges on
# the database.
compare_excess() {
    local account privileges line
    privileges=$(rows "SELECT 'row', grantee, table_name, privilege_type FROM information_schema.table_privileges
                       WHERE table_schema = '$database'" information_schema | tr -d "'")
    for account in eventhub_api eventhub_mailer; do
        while IFS= read -r line; do
            [ -z "$line" ] || differ "grants: $account may do more than it needs: REVOKE ${line##*$'\t'} ($(cut -f 2 <<<"$line"))"
        done < <(grep -h "^$account@" <<<"$1
$privileges" || true)
        while IFS= read -r line; do
            grep -qs "^GRANT EXECUTE ON PROCEDURE $line TO .*\b$account\b" "$db"/procedures/*.sql ||
                differ "grants: $account may do more than it needs: REVOKE EXECUTE ($line)"
        done < <(rows "SELECT 'row', LOWER(routine_name) FROM mysql.procs_priv WHERE db = '$database' AND user = '$account'")
    done
}

# Names wrong seats. migrate does not correct them, because only a person can find out what is right.
compare_seats() {
    local wrong
    wrong=$(rows "SELECT 'row', COUNT(*) FROM seat_audit" 2>/dev/null || true)
    [ "${wrong:-0}" = 0 ] || differ "seats: seat_audit shows $wrong events; db/README.md says how their free seats are set right"
}

# Notes whether there are events that searches do not find.
compare_words() {
    unindexed=$(rows "SELECT 'row', COUNT(*) FROM unindexed_events" 2>/dev/null || true)
    [ "${unindexed:-0}" = 0 ] || differ "search: events that it does not find, because their words are not written down: $unindexed"
}

# Writes down the words of such events, which is done in parts, each with a commit.
index_events() {
    local remaining
    remaining=$(rows "SELECT 'row', COUNT(*) FROM unindexed_events")
    [ "$remaining" != 0 ] || return 0
    say "writing down the words of $remaining events for searches"
    # Of a million events it takes minutes.
    sql "/*!80000 SET SESSION max_execution_time = 0 */; /*M!100000 SET SESSION max_statement_time = 0 */;
         CALL index_remaining_events()" || die "their words could not be written down: see the error above"
}

make_accounts() {
    local error
    [ -n "$missing_accounts" ] || return 0
    say "db/accounts.sql"
    error=$(run_file "$db/accounts.sql" 2>&1) || case $error in
    *"ERROR 4006 "*)
        die "objects of $database belong to eventhub_definer, which is not there, and this account may not make it: grant it
  ALLOW_NONEXISTENT_DEFINER (migrations/README.md). Nothing has been changed." ;;
    *) die "db/accounts.sql failed; migrations/README.md lists the rights that it takes:
  $error" ;;
    esac
}
