/* The shim's settings. */
#ifndef EVENTHUB_SHIM_SETTINGS_H
#define EVENTHUB_SHIM_SETTINGS_H

#include <stdbool.h>

struct shim_settings {
    char *database_url;
    char *secret_key;
    char *algorithm;
    long token_minutes;
    char *host;
    long port;
    long reuse_port;
    char *cors_origins;
    long cors_credentials;
    long compression;
    long max_connections;
    long request_seconds;
    long db_connections;
    long db_queue;
    long db_group_limit;
    long db_shared_reads;
    long db_connect_seconds;
    long db_seconds;
    long password_memory_kib;
    long password_passes;
    long password_threads;
    long password_queue;
    char *zone;
};

/* Reads .env and the environment into `settings`, to be released with shim_settings_free. Returns false, with nothing
 * to release, after naming on standard error everything that is wrong. A name that seems to be misspelt is named too,
 * but is an error only where `strict`. */
bool shim_settings_load(struct shim_settings *settings, bool strict);
void shim_settings_free(struct shim_settings *settings);

/* Prints all settings with their defaults on standard output. */
void shim_settings_help(void);

#endif
