/* DATABASE_URL: every part of it, and every fault that it can have. */
#include "db/client/url.h"

#include "tests/unit/unit.h"

static struct db_url parsed(const char *text) {
    struct db_url url;
    assert_text(text, db_url_parse(&url, text), NULL);
    return url;
}

static void full_url_gives_every_part(void **state) {
    struct db_url url = parsed("mysql://ann:secret@db.example.org:3307/eventhub?socket=/run/mysqld/mysqld.sock");
    assert_string_equal(url.user, "ann");
    assert_string_equal(url.password, "secret");
    assert_int_equal(url.host_count, 1);
    assert_string_equal(url.hosts[0].name, "db.example.org");
    assert_int_equal(url.hosts[0].port, 3307);
    assert_string_equal(url.database, "eventhub");
    assert_string_equal(url.socket, "/run/mysqld/mysqld.sock");
    db_url_free(&url);
}

static void short_url_gives_defaults(void **state) {
    struct db_url url = parsed("mysql://ann@/eventhub");
    assert_string_equal(url.user, "ann");
    assert_string_equal(url.password, "");
    assert_int_equal(url.host_count, 1);
    assert_string_equal(url.hosts[0].name, "localhost");
    assert_int_equal(url.hosts[0].port, 3306);
    assert_string_equal(url.database, "eventhub");
    assert_null(url.socket);
    db_url_free(&url);
}

static void sqlalchemy_scheme_is_accepted(void **state) {
    struct db_url url = parsed("mysql+pymysql://ann:secret@db/eventhub");
    assert_string_equal(url.user, "ann");
    assert_string_equal(url.hosts[0].name, "db");
    assert_string_equal(url.database, "eventhub");
    db_url_free(&url);
}

static void password_is_found(void **state) {
    static const struct {
        const char *text, *user, *password;
    } rows[] = {
        {"mysql://ann@db/eventhub", "ann", ""},
        {"mysql://ann:@db/eventhub", "ann", ""},
        {"mysql://ann:a@b@db/eventhub", "ann", "a@b"},
        {"mysql://ann:@@db/eventhub", "ann", "@"},
        {"mysql://ann:a:b@db/eventhub", "ann", "a:b"},
        {"mysql://ann:a+b@db/eventhub", "ann", "a+b"},
        {"mysql://ann:a&b=c@db/eventhub", "ann", "a&b=c"},
        {"mysql://ann:a,b@db/eventhub", "ann", "a,b"},
        {"mysql://ann:a#b@db/eventhub", "ann", "a#b"},
        {"mysql://ann:%40%3A%2f%3F%25%23@db/eventhub", "ann", "@:/?%#"},
        {"mysql://a%3Ann%40home:p@db/eventhub", "a:nn@home", "p"},
        {"mysql://ann:gr%C3%BCn@db/eventhub", "ann", "gr\xc3\xbcn"},
        {"mysql://ann:%2541@db/eventhub", "ann", "%41"},
        {"mysql://ann:%01%ff@db/eventhub", "ann", "\x01\xff"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_url url = parsed(rows[i].text);
        assert_text(rows[i].text, url.user, rows[i].user);
        assert_text(rows[i].text, url.password, rows[i].password);
        assert_text(rows[i].text, url.hosts[0].name, "db");
        assert_text(rows[i].text, url.database, "eventhub");
        db_url_free(&url);
    }
}

static void host_and_port_are_found(void **state) {
    static const struct {
        const char *text, *name;
        unsigned port;
    } rows[] = {
        {"mysql://a@db/x", "db", 3306},
        {"mysql://a@db:1/x", "db", 1},
        {"mysql://a@db:65535/x", "db", 65535},
        {"mysql://a@:3307/x", "localhost", 3307},
        {"mysql://a@10.0.0.1:3307/x", "10.0.0.1", 3307},
        {"mysql://a@[::1]/x", "::1", 3306},
        {"mysql://a@[2001:db8::1]:3307/x", "2001:db8::1", 3307},
        {"mysql://a@%64b/x", "db", 3306},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_url url = parsed(rows[i].text);
        assert_text(rows[i].text, url.hosts[0].name, rows[i].name);
        assert_number(rows[i].text, url.hosts[0].port, rows[i].port);
        assert_number(rows[i].text, url.host_count, 1);
        db_url_free(&url);
    }
}

static void several_hosts_keep_their_order(void **state) {
    struct db_url url = parsed("mysql://ann:p@one,two:3307,[::1]:3308,four/eventhub");
    assert_int_equal(url.host_count, 4);
    assert_string_equal(url.hosts[0].name, "one");
    assert_int_equal(url.hosts[0].port, 3306);
    assert_string_equal(url.hosts[1].name, "two");
    assert_int_equal(url.hosts[1].port, 3307);
    assert_string_equal(url.hosts[2].name, "::1");
    assert_int_equal(url.hosts[2].port, 3308);
    assert_string_equal(url.hosts[3].name, "four");
    assert_int_equal(url.hosts[3].port, 3306);
    db_url_free(&url);
}

static void eight_hosts_are_the_most(void **state) {
    struct db_url url = parsed("mysql://a@1,2,3,4,5,6,7,8/x");
    assert_int_equal(url.host_count, 8);
    assert_string_equal(url.hosts[7].name, "8");
    db_url_free(&url);
    assert_string_equal(db_url_parse(&url, "mysql://a@1,2,3,4,5,6,7,8,9/x"), "names more hosts than can be tried (8)");
}

static void database_and_socket_are_decoded(void **state) {
    struct db_url url = parsed("mysql://a@/event%2Dhub?socket=%2Frun%2Fmy%20sql%26.sock");
    assert_string_equal(url.database, "event-hub");
    assert_string_equal(url.socket, "/run/my sql&.sock");
    db_url_free(&url);
}

static void tls_mode_is_found(void **state) {
    static const struct {
        const char *text;
        enum db_tls tls;
        const char *ca;
    } rows[] = {
        {"mysql://a@db/x", DB_TLS_DISABLED, NULL},
        {"mysql://a@db/x?ssl-mode=DISABLED", DB_TLS_DISABLED, NULL},
        {"mysql://a@db/x?ssl-mode=DISABLED&socket=/s", DB_TLS_DISABLED, NULL},
        {"mysql://a@db/x?ssl-mode=REQUIRED", DB_TLS_REQUIRED, NULL},
        {"mysql://a@db/x?ssl-mode=VERIFY%5FCA&ssl-ca=%2Fdev%2Fnull", DB_TLS_VERIFY_CA, "/dev/null"},
        {"mysql://a@db/x?ssl-ca=/dev/null&ssl-mode=VERIFY_IDENTITY", DB_TLS_VERIFY_IDENTITY, "/dev/null"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_url url = parsed(rows[i].text);
        assert_number(rows[i].text, url.tls, rows[i].tls);
        assert_text(rows[i].text, url.tls_ca, rows[i].ca);
        db_url_free(&url);
    }
}

static void options_of_pymysql_are_understood(void **state) {
    static const struct {
        const char *text, *socket;
        enum db_tls tls;
        const char *ca;
    } rows[] = {
        {"mysql+pymysql://a:p@db/x?charset=utf8mb4", NULL, DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?charset=UTF8MB4", NULL, DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?charset=utf8", NULL, DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?charset=utf8mb3", NULL, DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?autocommit=true&charset=utf8mb4", NULL, DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?unix_socket=/run/s&charset=utf8mb4", "/run/s", DB_TLS_DISABLED, NULL},
        {"mysql+pymysql://a:p@db/x?ssl_ca=/dev/null", NULL, DB_TLS_VERIFY_CA, "/dev/null"},
        {"mysql+pymysql://a:p@db/x?ssl_ca=/dev/null&ssl_verify_cert=true", NULL, DB_TLS_VERIFY_CA, "/dev/null"},
        {"mysql+pymysql://a:p@db/x?ssl_verify_identity=true&ssl_ca=/dev/null", NULL, DB_TLS_VERIFY_IDENTITY,
         "/dev/null"},
        {"mysql+pymysql://a:p@db/x?ssl_ca=/dev/null&ssl-mode=VERIFY_IDENTITY", NULL, DB_TLS_VERIFY_IDENTITY,
         "/dev/null"},
        {"mysql://a:p@db/x?", NULL, DB_TLS_DISABLED, NULL},
        {"mysql://a:p@db/x?&socket=/s&", "/s", DB_TLS_DISABLED, NULL},
        {"mysql://a:p@db/x?socket=/run/a@b", "/run/a@b", DB_TLS_DISABLED, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_url url = parsed(rows[i].text);
        assert_text(rows[i].text, url.database, "x");
        assert_text(rows[i].text, url.socket, rows[i].socket);
        assert_number(rows[i].text, url.tls, rows[i].tls);
        assert_text(rows[i].text, url.tls_ca, rows[i].ca);
        db_url_free(&url);
    }
}

/* Wherever the password is not written as it should be, and however the URL is then taken apart. */
static void fault_holds_nothing_of_a_password(void **state) {
    static const char *const passwords[] = {"hush/hush",   "hush?hush",      "/hush",          "?hush",
                                            "hush@x/hush", "hush?hush=hush", "hush?a&hush=/b", "hu/sh?hush=/x",
                                            "hush%zz?",    "hush#/hush"};
    static const char *const rests[] = {"@db/x", "@db/x?socket=/s", "@db/x?hash=1", "@db:0/x", "@db/x?ssl-mode=hash"};
    for (size_t i = 0; i < COUNT(passwords); i++) {
        for (size_t j = 0; j < COUNT(rests); j++) {
            char text[128];
            struct db_url url;
            snprintf(text, sizeof text, "mysql://ann:%s%s", passwords[i], rests[j]);
            const char *fault = db_url_parse(&url, text);
            if (fault == NULL || strstr(fault, "hush") != NULL)
                fail_msg("for %s: \"%s\"", text, fault);
        }
    }
}

static const char scheme[] = "does not begin with mysql://";
static const char database[] = "has no database name";
static const char user[] = "has no user";
static const char escape[] = "has a broken % escape";
static const char port[] = "has a port that is not a number from 1 to 65535";
static const char bracket[] = "has an IPv6 address that is not closed by ]";
#define KNOWN "socket=/path, ssl-mode=MODE, ssl-ca=/path and charset=utf8mb4 are"
static const char option[] = "has an option that is not known: " KNOWN;
static const char slash[] =
    "has a '/' in its user or password, which is written %2F there (or an '@' in its database, which is %40)";
static const char question[] = "has a '?' in its user or password, which is written %3F there";
static const char charset[] =
    "has a charset other than utf8mb4, in which EventHub speaks to the database: leave it out";
static const char path[] = "has a socket that is not an absolute path";
static const char mode[] = "has an ssl-mode that is none of DISABLED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY";
static const char relative[] = "has an ssl-ca that is not an absolute path";
static const char unreadable[] = "has an ssl-ca that is no file this user can read";
static const char both[] = "has both a socket, which never leaves the machine, and an ssl-mode";
static const char missing[] = "has an ssl-mode that verifies, and no ssl-ca=/path of the certificates to trust";
static const char unused[] = "has an ssl-ca, which only ssl-mode=VERIFY_CA and VERIFY_IDENTITY use";
static const struct {
    const char *text, *fault;
} faults[] = {
    {"", scheme},
    {"mysql:", scheme},
    {"mysql:/a@db/x", scheme},
    {"postgresql://a@db/x", scheme},
    {" mysql://a@db/x", scheme},
    {"mysql+pymysql:a@db/x", scheme},
    {"mysql://", database},
    {"mysql://a@db", database},
    {"mysql://a@db/", database},
    {"mysql://a@db?socket=/s", database},
    {"mysql://a@db/?socket=/s", database},
    {"mysql://db/x", user},
    {"mysql://@db/x", user},
    {"mysql:///x", user},
    {"mysql://%@db/x", escape},
    {"mysql://a%4@db/x", escape},
    {"mysql://a:%zz@db/x", escape},
    {"mysql://a:%4g@db/x", escape},
    {"mysql://a:%-1@db/x", escape},
    {"mysql://a%00b@db/x", escape},
    {"mysql://a:%00@db/x", escape},
    {"mysql://a@d%00b/x", escape},
    {"mysql://a@d%b/x%", escape},
    {"mysql://a@db/x%0", escape},
    {"mysql://a@db/%00", escape},
    {"mysql://a@db/x?socket=/s%", escape},
    {"mysql://a@db/x?socket=/s%00", escape},
    {"mysql://a@db:/x", port},
    {"mysql://a@db:0/x", port},
    {"mysql://a@db:65536/x", port},
    {"mysql://a@db:-1/x", port},
    {"mysql://a@db:+1/x", port},
    {"mysql://a@db: 1/x", port},
    {"mysql://a@db:1a/x", port},
    {"mysql://a@db:0x10/x", port},
    {"mysql://a@db:99999999999999999999999/x", port},
    {"mysql://a@db:18446744073709551617/x", port},
    {"mysql://a@::1/x", port},
    {"mysql://a@one,two:x/x", port},
    {"mysql://a@[::1]:/x", port},
    {"mysql://a@[::1/x", bracket},
    {"mysql://a@[::1]1/x", bracket},
    {"mysql://a@[::1,two]/x", bracket},
    {"mysql://a@db/x?socket", option},
    {"mysql://a@db/x?charset=latin1", charset},
    {"mysql://a@db/x?charset=", charset},
    {"mysql://a@db/x?charset", option},
    {"mysql://a@db/x?autocommit=false", "has an autocommit that is not true, as EventHub needs it: leave it out"},
    {"mysql://a@db/x?connect_timeout=5",
     "has the option connect_timeout, which is a setting of its own: DB_CONNECT_TIMEOUT"},
    {"mysql://a@db/x?read_timeout=5", "has a read_timeout or write_timeout, which is a setting of its own: DB_TIMEOUT"},
    {"mysql://a@db/x?socket=/s&ssl=1", "has the option ssl, which is not known: " KNOWN},
    {"mysql://a@db/x?local_infile=1", "has the option local_infile, which is not known: " KNOWN},
    {"mysql://a@db/x?Socket=/s", "has the option Socket, which is not known: " KNOWN},
    {"mysql://a@db/x?=1", option},
    {"mysql://a@db/x?a b=1", option},
    {"mysql://a@db/x?socket=/s&x/y=1", option},
    {"mysql://ann:pa/ss@db/x", slash},
    {"mysql://ann:pa/ss@db/x?socket=/s", slash},
    {"mysql://ann:p@ss/word@db/x", slash},
    {"mysql://ann:/@db/x", slash},
    {"mysql://an/n:p@db/x", slash},
    {"mysql://ann:pa?ss@db/x", question},
    {"mysql://ann:pa?s=s@db/x?charset=utf8mb4", question},
    {"mysql://ann:p@ss?word&more@db/x", question},
    {"mysql://ann:p@a/b?charset=c@db/x", question},
    {"mysql://ann:?@db/x", question},
    {"mysql://ann:pa/s?s@db/x", question},
    {"mysql://a@db/x?socket=", path},
    {"mysql://a@db/x?socket=run/s", path},
    {"mysql://a@db/x?ssl-mode", option},
    {"mysql://a@db/x?ssl-mode=", mode},
    {"mysql://a@db/x?ssl-mode=PREFERRED", mode},
    {"mysql://a@db/x?ssl-mode=required", mode},
    {"mysql://a@db/x?ssl-mode=VERIFY", mode},
    {"mysql://a@db/x?ssl-mode=%", escape},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA&ssl-ca=ca.pem", relative},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA&ssl-ca=", relative},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA&ssl-ca=/nowhere/ca.pem", unreadable},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA&ssl-ca=/dev", unreadable},
    {"mysql://a@db/x?ssl-ca=/dev/null%", escape},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA", missing},
    {"mysql://a@db/x?ssl-mode=VERIFY_IDENTITY", missing},
    {"mysql://a@db/x?ssl-mode=REQUIRED&ssl-ca=/dev/null", unused},
    {"mysql://a@db/x?ssl-mode=DISABLED&ssl-ca=/dev/null", unused},
    {"mysql://a@db/x?ssl-ca=/dev/null", unused},
    {"mysql://a@db/x?socket=/s&ssl-mode=REQUIRED", both},
    {"mysql://a@db/x?ssl-mode=VERIFY_CA&ssl-ca=/dev/null&socket=/s", both},
};

static void fault_is_named(void **state) {
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct db_url url;
        assert_text(faults[i].text, db_url_parse(&url, faults[i].text), faults[i].fault);
        if (url.text != NULL || url.user != NULL || url.host_count != 0)
            fail_msg("for %s: something is left in the structure", faults[i].text);
    }
}

static void free_may_be_called_twice(void **state) {
    struct db_url url = parsed("mysql://a@db/x");
    db_url_free(&url);
    assert_null(url.text);
    db_url_free(&url);
}

static void password_without_user_is_refused(void **state) {
    struct db_url url;
    const char *fault = db_url_parse(&url, "mysql://:secret@db/x");
    db_url_free(&url);
    assert_text("a password alone", fault, "has no user");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_url_gives_every_part),
        cmocka_unit_test(short_url_gives_defaults),
        cmocka_unit_test(sqlalchemy_scheme_is_accepted),
        cmocka_unit_test(password_is_found),
        cmocka_unit_test(host_and_port_are_found),
        cmocka_unit_test(several_hosts_keep_their_order),
        cmocka_unit_test(eight_hosts_are_the_most),
        cmocka_unit_test(database_and_socket_are_decoded),
        cmocka_unit_test(tls_mode_is_found),
        cmocka_unit_test(options_of_pymysql_are_understood),
        cmocka_unit_test(fault_holds_nothing_of_a_password),
        cmocka_unit_test(fault_is_named),
        cmocka_unit_test(free_may_be_called_twice),
        cmocka_unit_test(password_without_user_is_refused),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
