/* The requests to be sent, made from a mapped file one by one, so that a million of them take no memory of our own. */
#include "tests/bench/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct piece {
    const char *text;
    size_t length;
};

bool script_open(struct script *script, const char *path, bool repeated) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    *script = (struct script){.repeated = repeated};
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        script->length = (size_t)status.st_size;
        script->text = mmap(NULL, script->length, PROT_READ, MAP_PRIVATE, fd, 0);
        if (script->text == MAP_FAILED)
            script->text = NULL;
    } else if (status.st_size == 0) {
        errno = ENODATA;
    }
    close(fd);
    return script->text != NULL;
}

/* Takes what stands before the next blank; all of it if there is none. */
static struct piece take_word(struct piece *line) {
    const char *blank = memchr(line->text, ' ', line->length);
    struct piece word = {line->text, blank != NULL ? (size_t)(blank - line->text) : line->length};
    size_t taken = word.length + (blank != NULL ? 1 : 0);

    line->text += taken;
    line->length -= taken;
    return word;
}

static struct piece take_line(struct script *script) {
    const char *begin = script->text + script->place;
    size_t left = script->length - script->place;
    const char *end = memchr(begin, '\n', left);
    struct piece line = {begin, end != NULL ? (size_t)(end - begin) : left};

    script->place += line.length + (end != NULL ? 1 : 0);
    return line;
}

static char *add(char *to, const char *text, size_t length) {
    memcpy(to, text, length);
    return to + length;
}

#define ADD(to, text) add((to), (text), sizeof(text) - 1)

size_t script_place(const struct script *script) {
    return script->place == script->length && script->repeated ? 0 : script->place;
}

long script_repeat(const struct script *script, size_t place, char *request, size_t size) {
    struct script at = *script;

    at.place = place;
    return script_next(&at, request, size);
}

long script_next(struct script *script, char *request, size_t size) {
    static const char json[] = "\r\nContent-Type: application/json";
    static const char form[] = "\r\nContent-Type: application/x-www-form-urlencoded";

    if (script->place == script->length) {
        if (!script->repeated)
            return 0;
        script->place = 0;
    }
    struct piece line = take_line(script);
    struct piece method = take_word(&line), path = take_word(&line), token = take_word(&line);
    size_t header_length = script->header != NULL ? strlen(script->header) : 0;
    if (method.length == 0 || path.length == 0 || token.length == 0 ||
        method.length + path.length + token.length + line.length + header_length + 256 > size)
        return -1;

    /* By hand, because this client shares the machine with what it measures. */
    char *to = add(request, method.text, method.length);
    to = ADD(to, " ");
    to = add(to, path.text, path.length);
    to = ADD(to, " HTTP/1.1\r\nHost: 127.0.0.1");
    if (token.length > 1) {
        to = ADD(to, "\r\nAuthorization: Bearer ");
        to = add(to, token.text, token.length);
    }
    if (header_length > 0) {
        to = ADD(to, "\r\n");
        to = add(to, script->header, header_length);
    }
    if (line.length > 0)
        to = line.text[0] == '{' ? ADD(to, json) : ADD(to, form);
    if (line.length > 0 || method.text[0] == 'P')
        to += sprintf(to, "\r\nContent-Length: %zu", line.length);
    to = ADD(to, "\r\n\r\n");
    to = add(to, line.text, line.length);
    return to - request;
}
