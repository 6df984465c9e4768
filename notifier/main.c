/* eventhub-notifier: sends the mails that are due. */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/client/version.h"
#include "db/common/output.h"
#include "notifier/preview.h"
#include "notifier/run.h"
#include "notifier/settings.h"

static int usage(FILE *out, int status) {
    fprintf(
        out,
        "usage: eventhub-notifier [--watch SECONDS] [--limit N] [--quiet] [--dry-run | --check | --version | --help]\n"
        "\n"
        "Sends the mails that are due, and exits. Several may run at once. Settings come from the environment or from\n"
        "a file .env in the working directory.\n"
        "\n"
        "  --watch SECONDS  goes on until SIGTERM or SIGINT, pausing so long between one pass and the next\n"
        "  --limit N        sends at most N mails, in each pass\n"
        "  --quiet          prints nothing where nothing was due and nothing waits\n"
        "  --dry-run        prints what would be sent, a line each (1000 lines unless --limit says otherwise), and\n"
        "                   changes nothing\n"
        "  --check          says whether the settings are valid, and exits\n"
        "  --version        prints the version, and that of the database's client library\n"
        "\n"
        "Exit status: 0 all that was due is sent; 1 something is not, and what can be will be tried again; 2 a\n"
        "setting is wrong, or SendGrid does not accept the key or the sender; 3 the database cannot be reached.\n");
    return status;
}

/* Reads an option's whole number, from 1 to `most`. False, having said what is wrong, if it is none. */
static bool take_number(const char *text, const char *option, const char *what, long most, long *number) {
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    if (*text != '\0' && *end == '\0' && errno == 0 && *number >= 1 && *number <= most)
        return true;
    fprintf(stderr, "%s takes a number of %s from 1 to %ld, not \"%s\".\n", option, what, most, text);
    return false;
}

/* For getopt_long `number` is an option of ours that has a value but takes none, or an unknown letter, or 0. */
static int unknown(const char *word, int number) {
    if (number > 0 && number < ' ')
        fprintf(stderr, "eventhub-notifier: an option that takes no value has one: %s\n", word);
    else if (number > 0)
        fprintf(stderr, "eventhub-notifier: unknown option -%c\n", number);
    else
        fprintf(stderr, "eventhub-notifier: unknown option %s\n", word);
    return usage(stderr, RUN_MISCONFIGURED);
}

struct command {
    struct run_options run;
    bool dry_run;
    bool check;
};

/* Fills `command`; the exit status where the program is to end at once, else -1. */
static int read_command(int argc, char **argv, struct command *command) {
    enum { WATCH = 1, LIMIT, QUIET, DRY_RUN, CHECK, VERSION, HELP };
    static const struct option options[] = {
        {"watch", required_argument, NULL, WATCH}, {"limit", required_argument, NULL, LIMIT},
        {"quiet", no_argument, NULL, QUIET},       {"dry-run", no_argument, NULL, DRY_RUN},
        {"check", no_argument, NULL, CHECK},       {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},         {0},
    };
    char client[64];
    int option;

    *command = (struct command){.run.limit = -1};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case WATCH:
            if (!take_number(optarg, "--watch", "seconds", 86400, &command->run.watch_seconds))
                return RUN_MISCONFIGURED;
            break;
        case LIMIT:
            if (!take_number(optarg, "--limit", "mails", 1000000000, &command->run.limit))
                return RUN_MISCONFIGURED;
            break;
        case QUIET:
            command->run.quiet = true;
            break;
        case DRY_RUN:
            command->dry_run = true;
            break;
        case CHECK:
            command->check = true;
            break;
        case VERSION:
            printf("eventhub-notifier %s (%s)\n", EVENTHUB_VERSION, db_version_of_client(client, sizeof client));
            return RUN_DONE;
        case HELP:
            usage(stdout, 0);
            printf("\nSettings:\n");
            notifier_settings_help();
            return RUN_DONE;
        case ':':
            fprintf(stderr, "eventhub-notifier: %s takes a number, which is missing\n", argv[optind - 1]);
            return usage(stderr, RUN_MISCONFIGURED);
        default:
            return unknown(argv[optind - 1], option == '?' ? optopt : 0);
        }
    }
    if (optind < argc)
        return unknown(argv[optind], 0);
    if (command->dry_run && command->run.watch_seconds > 0) {
        fprintf(stderr, "eventhub-notifier: --dry-run does not go with --watch\n");
        return usage(stderr, RUN_MISCONFIGURED);
    }
    return -1;
}

static int run(const struct command *command) {
    struct notifier_settings settings;
    int status = RUN_DONE;

    CURLcode fault = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (fault != CURLE_OK) {
        fprintf(stderr, "eventhub-notifier: libcurl cannot be used: %s\n", curl_easy_strerror(fault));
        return RUN_INCOMPLETE;
    }
    if (!notifier_settings_load(&settings, command->check)) {
        curl_global_cleanup();
        return RUN_MISCONFIGURED;
    }
    if (command->check)
        printf("The settings are valid.\n");
    else if (command->dry_run)
        status = preview_print(&settings, command->run.limit);
    else
        status = run_notifier(&settings, &command->run);
    notifier_settings_free(&settings);
    curl_global_cleanup();
    return status;
}

int main(int argc, char **argv) {
    struct command command;

    output_begin();
    int status = read_command(argc, argv, &command);
    if (status < 0)
        status = run(&command);
    return output_finish() || status != RUN_DONE ? status : RUN_INCOMPLETE;
}
