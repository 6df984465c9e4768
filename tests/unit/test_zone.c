/* Which values of TZ are zones: the C library takes everything else for UTC, without a word. */
#include "db/common/zone.h"

#include <sys/stat.h>

#include "tests/unit/unit.h"

static const char fault[] = "is no time zone known to this machine";

static void zone_of_the_database_is_known(void **state) {
    static const char *const zones[] = {
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Ushuaia",
        "Asia/Kathmandu",
        ":Europe/Berlin",
        ":UTC",
        "Etc/GMT+3",
        "Etc/GMT-14",
        "GMT",
    };
    for (size_t i = 0; i < COUNT(zones); i++)
        assert_text(zones[i], zone_fault(zones[i]), NULL);
}

static void path_of_a_zone_is_known(void **state) {
    assert_null(zone_fault("/usr/share/zoneinfo/Europe/Berlin"));
    assert_null(zone_fault(":/usr/share/zoneinfo/Europe/Berlin"));
    assert_string_equal(zone_fault("/usr/share/zoneinfo/Europe/Berlni"), fault);
}

static void rule_is_known(void **state) {
    static const char *const rules[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "CET-1CEST,M3.5.0/2,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "EST5EDT",
        "UTC0",
        "UTC-1",
        "IST-5:30",
        "<+03>-3",
        "<-03>3",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        assert_text(rules[i], zone_fault(rules[i]), NULL);
}

static void other_texts_are_no_zones(void **state) {
    static const char *const texts[] = {
        "Europe/Berlni", "europe/berlin",  "Berlin", "Europa",      "CE", "+1",       "-1", "+01:00", "Z", ":",
        "::UTC",         "Europe/Berlin ", " UTC",   "../zoneinfo", "/",  "/nowhere",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_text(texts[i], zone_fault(texts[i]), fault);
}

/* A folder can be opened as well as a zone. */
static void folder_is_no_zone(void **state) {
    static const char *const folders[] = {"Europe",  "America/Argentina",   ":Europe",
                                          "Europe/", "/usr/share/zoneinfo", "/tmp"};
    for (size_t i = 0; i < COUNT(folders); i++)
        assert_text(folders[i], zone_fault(folders[i]), fault);
}

static void tzdir_says_where_zones_are(void **state) {
    char folder[] = "/tmp/eventhub-zone-XXXXXX", city[64];
    assert_non_null(mkdtemp(folder));
    snprintf(city, sizeof city, "%s/Nowhere", folder);
    assert_int_equal(symlink("/usr/share/zoneinfo/Europe/Berlin", city), 0);
    setenv("TZDIR", folder, 1);
    assert_null(zone_fault("Nowhere"));
    assert_null(zone_fault("UTC"));
    assert_string_equal(zone_fault("Europe/Berlin"), fault);
    unsetenv("TZDIR");
    assert_string_equal(zone_fault("Nowhere"), fault);
    unlink(city);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_of_the_database_is_known),
        cmocka_unit_test(path_of_a_zone_is_known),
        cmocka_unit_test(rule_is_known),
        cmocka_unit_test(other_texts_are_no_zones),
        cmocka_unit_test(folder_is_no_zone),
        cmocka_unit_test(tzdir_says_where_zones_are),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
