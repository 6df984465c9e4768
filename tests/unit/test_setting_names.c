/* Names of settings: each that either program has is known, a slip of the fingers is noticed, and other names are not.
 */
#include "db/common/setting_names.h"

#include "notifier/settings.h"
#include "shim/settings.h"
#include "tests/unit/unit.h"

static void misspelt_name_is_noticed(void **state) {
    static const struct {
        const char *name, *meant;
    } rows[] = {
        {"DB_CONECTIONS", "DB_CONNECTIONS"},
        {"DB_CONNECTION", "DB_CONNECTIONS"},
        {"DB_CONECTION", "DB_CONNECTIONS"},
        {"DBCONNECTIONS", "DB_CONNECTIONS"},
        {"db_connections", "DB_CONNECTIONS"},
        {"Db_Timeout", "DB_TIMEOUT"},
        {"DB_TIMOUT", "DB_TIMEOUT"},
        {"DB_TIMEOUTS", "DB_TIMEOUT"},
        {"DATABASE_URI", "DATABASE_URL"},
        {"DATABSE_URL", "DATABASE_URL"},
        {"DATBASE_ULR", "DATABASE_URL"},
        {"SECRETKEY", "SECRET_KEY"},
        {"SECERT_KEY", "SECRET_KEY"},
        {"ALGORYTHM", "ALGORITHM"},
        {"ACCESS_TOKEN_EXPIRES_MINUTES", "ACCESS_TOKEN_EXPIRE_MINUTES"},
        {"ACCESS_TOKEN_EXPIRE_MINUTE", "ACCESS_TOKEN_EXPIRE_MINUTES"},
        {"CORS_ORIGIN", "CORS_ORIGINS"},
        {"REUSEPORT", "REUSE_PORT"},
        {"FORM_EMAIL", "FROM_EMAIL"},
        {"SENDGRID_APIKEY", "SENDGRID_API_KEY"},
        {"SENDGRID_TIMOUT", "SENDGRID_TIMEOUT"},
        {"PROT", "PORT"},
        {"port", "PORT"},
        {"HSOT", "HOST"},
        {"Tz", "TZ"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i].name, setting_meant(rows[i].name), rows[i].meant);
}

static const char *const others[] = {
    "",
    "_",
    "=",
    "PATH",
    "HOME",
    "PWD",
    "USER",
    "LANG",
    "LC_ALL",
    "SHELL",
    "TERM",
    "SHLVL",
    "HOSTNAME",
    "HOSTTYPE",
    "HOSTS",
    "POST",
    "PORTS",
    "SORT",
    "COST",
    "PART",
    "PORT1",
    "TZDIR",
    "T",
    "Z",
    "LISTEN_FDS",
    "LISTEN_PID",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_PORT_3306_TCP",
    "DB_PORT_3306_TCP_ADDR",
    "DB_SERVICE_HOST",
    "DB_SERVICE_PORT",
    "KUBERNETES_PORT",
    "EVENTHUB_SHIM_PORT",
    "EVENTHUB_SHIM_SERVICE_HOST",
    "DATABASE_URL_OLD",
    "DATABASE_URL2",
    "DATABASE_URL_2",
    "TEST_DATABASE_URL",
    "OLD_SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "X_PORT",
    "MAIL_PORT",
    "JOB_QUEUE",
    "JOB_TIMEOUT",
    "DNS_TIMEOUT",
    "WEB_TIMEOUT",
    "DATABASE",
    "SECRET",
    "KEY",
    "MYSQL_PASSWORD",
    "VITE_API_URL",
    "REDIS_URL",
    "SENDGRID_KEY",
    "SENDGRID_FROM",
    "EMAIL",
    "DEBUG",
    "WORKERS",
    "MAX_CLIENTS",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "A_NAME_THAT_IS_LONGER_THAN_ANY_SETTING_COULD_EVER_BE_AND_THEN_SOME_MORE",
};

static void other_name_is_left_alone(void **state) {
    for (size_t i = 0; i < COUNT(others); i++)
        assert_text(others[i], setting_meant(others[i]), NULL);
}

/* The names that a program's help lists; each has to be known, and so is counted. */
static size_t count_known(void (*help)(void), const char *besides) {
    struct capture capture = capture_begin(STDOUT_FILENO);
    help();
    char *text = capture_end(&capture), *rest = text;
    size_t count = 0;

    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
            continue;
        char *name = line + 2, lower[64];
        name[strcspn(name, " ")] = '\0';
        assert_text(name, setting_meant(name), NULL);
        /* Of a name that is not known, another way to write it means nothing. */
        snprintf(lower, sizeof lower, "%s", name);
        lower[0] = (char)(lower[0] | 0x20);
        assert_text(lower, setting_meant(lower), name);
        count += besides == NULL || strstr(besides, name) == NULL;
    }
    free(text);
    return count;
}

static void every_setting_of_both_programs_is_known(void **state) {
    size_t shim = count_known(shim_settings_help, NULL);
    size_t notifier = count_known(notifier_settings_help, "DATABASE_URL TZ DB_CONNECT_TIMEOUT DB_TIMEOUT");
    assert_true(shim > 20 && notifier > 10);
}

static void environment_is_looked_through(void **state) {
    clearenv();
    setenv("PATH", "/bin", 1);
    setenv("DB_CONNECTIONS", "4", 1);
    setenv("DB_PORT_3306_TCP", "tcp://10.0.0.1:3306", 1);
    assert_true(setting_names_check());
    setenv("DB_CONECTIONS", "hush", 1);
    setenv("database_url", "hush", 1);
    struct capture capture = capture_begin(STDERR_FILENO);
    bool good = setting_names_check();
    char *text = capture_end(&capture);
    assert_false(good);
    assert_non_null(
        strstr(text, "DB_CONECTIONS is no setting and has no effect. Write it as DB_CONNECTIONS, or remove it.\n"));
    assert_non_null(
        strstr(text, "database_url is no setting and has no effect. Write it as DATABASE_URL, or remove it.\n"));
    assert_null(strstr(text, "hush"));
    free(text);
    clearenv();
    assert_true(setting_names_check());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misspelt_name_is_noticed),
        cmocka_unit_test(other_name_is_left_alone),
        cmocka_unit_test(every_setting_of_both_programs_is_known),
        cmocka_unit_test(environment_is_looked_through),
    };
    return cmocka_run_group_tests_name("setting names", tests, NULL, NULL);
}
