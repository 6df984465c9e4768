/* eventhub-shim: HTTP and JSON in front of the stored procedures. */
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "db/client/version.h"
#include "db/common/output.h"
#include "shim/api/password.h"
#include "shim/api/route.h"
#include "shim/server.h"
#include "shim/settings.h"

static int usage(FILE *out, int status) {
    fprintf(out, "usage: eventhub-shim [--check | --hash-password | --routes | --version | --help]\n"
                 "\n"
                 "Serves the REST API of EventHub until SIGTERM or SIGINT. Settings come from the environment or from\n"
                 "a file .env in the working directory.\n"
                 "\n"
                 "  --check          says whether the settings are valid, and exits\n"
                 "  --hash-password  reads a password from standard input and prints its hash, for register_user\n"
                 "  --routes         prints the route table: method, both paths, role, procedure, parameters, status,\n"
                 "                   lane, procedure for lists, procedure that checks the input\n"
                 "  --version        prints the version, and that of the database's client library\n");
    return status;
}

static int hash_password(void) {
    const struct password_options options = {.memory_kib = PASSWORD_MINIMUM_KIB, .passes = PASSWORD_MINIMUM_PASSES};
    char password[PASSWORD_MAXIMUM_BYTES + 2];
    char hash[crypto_pwhash_STRBYTES];

    size_t length = fread(password, 1, sizeof password, stdin);
    if (length > 0 && password[length - 1] == '\n')
        length--;
    if (length < PASSWORD_MINIMUM_BYTES || length > PASSWORD_MAXIMUM_BYTES) {
        fprintf(stderr, "A password has %d to %d bytes.\n", PASSWORD_MINIMUM_BYTES, PASSWORD_MAXIMUM_BYTES);
        return 1;
    }
    if (sodium_init() < 0 || !password_hash(&options, password, length, hash)) {
        fprintf(stderr, "There is not enough memory to hash a password.\n");
        return 1;
    }
    printf("%s\n", hash);
    return 0;
}

static int run(int argc, char **argv) {
    struct shim_settings settings;
    char client[64];

    if (argc > 2) {
        fprintf(stderr, "eventhub-shim takes one option at a time, and there is more: %s\n", argv[2]);
        return usage(stderr, 2);
    }
    const char *option = argc == 2 ? argv[1] : "";
    if (strcmp(option, "--help") == 0) {
        usage(stdout, 0);
        printf("\nSettings:\n");
        shim_settings_help();
        return 0;
    }
    if (strcmp(option, "--version") == 0) {
        printf("eventhub-shim %s (%s)\n", EVENTHUB_VERSION, db_version_of_client(client, sizeof client));
        return 0;
    }
    if (strcmp(option, "--routes") == 0) {
        routes_print();
        return 0;
    }
    if (strcmp(option, "--hash-password") == 0)
        return hash_password();
    bool check = strcmp(option, "--check") == 0;
    if (argc == 2 && !check) {
        fprintf(stderr, "eventhub-shim: unknown option %s\n", option);
        return usage(stderr, 2);
    }

    if (!shim_settings_load(&settings, check))
        return 2;
    int status = 0;
    if (check)
        printf("The settings are valid.\n");
    else
        status = server_run(&settings);
    shim_settings_free(&settings);
    return status;
}

int main(int argc, char **argv) {
    output_begin();
    int status = run(argc, argv);
    return output_finish() || status != 0 ? status : 1;
}
