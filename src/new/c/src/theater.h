/*
 * The interface between the host and an actor in C: footlight's docs/actors.md explains it. Include
 * this in one file only, and write `handle` there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Text in UTF-8 without a zero at the end, or bytes. */
struct bytes {
    char *ptr;
    size_t len;
};

/* An event: `type` is "connect", "text", "binary", "close" and others. Also a message of an answer. */
struct message {
    struct bytes type;
    bool has_data;
    struct bytes data; /* of a "binary" */
    bool has_text;
    struct bytes text; /* of a "text" */
};

/* The new state, and the messages to the client whose event this is. */
struct answer {
    struct bytes state;
    struct message *messages;
    size_t count;
};

_Static_assert(sizeof(struct message) == 32 && sizeof(struct answer) == 16, "as the host reads them");

/* The actor. All that the event and the answer point to is freed after the call. */
static struct answer handle(struct message event, struct bytes state);

/* ---- Memory: what is taken here is freed after the call ---- */

struct block {
    struct block *next;
    max_align_t content[];
};

static struct block *blocks;

/* Also the host calls this, for all that it passes. It never passes an old block. */
__attribute__((export_name("cabi_realloc")))
void *take_aligned(void *old, size_t old_size, size_t align, size_t size) {
    struct block *block = malloc(sizeof *block + size);
    if (old || old_size || align > sizeof(max_align_t) || !block) abort();
    block->next = blocks;
    blocks = block;
    return block->content;
}

static inline void *take(size_t size) {
    return take_aligned(NULL, 0, 1, size);
}

/* The host calls this after it has copied the answer. */
__attribute__((export_name("cabi_post_handle_message")))
void free_all(struct answer *answer) {
    (void)answer;
    while (blocks) {
        struct block *block = blocks;
        blocks = block->next;
        free(block);
    }
}

/* ---- Values ---- */

static inline struct bytes text(const char *words) {
    return (struct bytes){(char *)words, strlen(words)};
}

static inline bool is(struct bytes bytes, const char *words) {
    return bytes.len == strlen(words) && memcmp(bytes.ptr, words, bytes.len) == 0;
}

/* A number in decimal. */
static inline struct bytes number(uint64_t value) {
    char *end = (char *)take(20) + 20, *at = end;
    do *--at = '0' + value % 10;
    while (value /= 10);
    return (struct bytes){at, end - at};
}

/* Adds a text message to an answer. */
static inline void reply(struct answer *answer, struct bytes words) {
    struct message *all = take((answer->count + 1) * sizeof *all);
    if (answer->count) memcpy(all, answer->messages, answer->count * sizeof *all);
    all[answer->count++] = (struct message){.type = text("text"), .has_text = true, .text = words};
    answer->messages = all;
}

/* ---- What the host does ---- */

__attribute__((import_module("ntwk:theater/runtime"), import_name("log")))
void host_log(const char *ptr, size_t len);

/* An option or a variant is a number and its value. The result goes to the last pointer. */
__attribute__((import_module("footlight:host/connections@0.1.0"), import_name("broadcast")))
void host_broadcast(int has_tag, const char *tag, size_t tag_len, int is_binary, const char *ptr,
                    size_t len, int has_except, uint64_t except, uint8_t *result);

/* Writes a line to the host's log. */
static inline void log_line(const char *words) {
    host_log(words, strlen(words));
}

/* Sends a text to all clients. False if the host refused that. */
static inline bool broadcast(struct bytes words) {
    uint8_t result[12] __attribute__((aligned(4)));
    host_broadcast(0, NULL, 0, 0, words.ptr, words.len, 0, 0, result);
    return result[0] == 0;
}

/* ---- The export ---- */

/* A text is a pointer and a length, and an option has a number before it. */
__attribute__((export_name("handle_message")))
struct answer *handle_message(char *type, size_t type_len, int has_data, char *data,
                              size_t data_len, int has_text, char *text, size_t text_len,
                              char *state, size_t state_len) {
    static struct answer answer;
    struct message event = {
        {type, type_len}, has_data, {data, data_len}, has_text, {text, text_len},
    };
    answer = handle(event, (struct bytes){state, state_len});
    return &answer;
}
