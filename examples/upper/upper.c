/*
 * Answers each text message in ASCII upper case.
 *
 * This actor uses no bindings generator and no C library, to show what passes between host
 * and actor. The interface is wit-core/wit/guide/theater.wit. WebAssembly's "canonical ABI"
 * defines how its types are laid out in memory. Pointers and sizes are 32 bits wide.
 *
 * One call goes like this:
 *   1. The host allocates memory with cabi_realloc and writes the event and the state there.
 *   2. It calls handle-message with the pointers, and gets a pointer to the result.
 *   3. It copies what it needs, then calls cabi_post_..., and the actor frees everything.
 */

typedef unsigned char u8;
typedef unsigned int u32;

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define HANDLE_MESSAGE "ntwk:theater/websocket-server#handle-message"

/* ---- The interface's types, as laid out in memory ---- */

/* A `string` or a `list<u8>`. Strings are UTF-8 without a zero at the end. */
struct bytes {
    u8 *ptr;
    u32 len;
};

/* An `option`. If `is_some` is 0, `value` is meaningless. */
struct option_bytes {
    u8 is_some; /* three bytes of padding follow */
    struct bytes value;
};

struct message {
    struct bytes type; /* "connect", "text", ... */
    struct option_bytes data;
    struct option_bytes text;
};

/* What handle-message returns: the new state, and a list of messages. */
struct result {
    struct bytes state;
    struct message *messages;
    u32 message_count;
};

/* If these fail, the compiler lays structs out in another way than the canonical ABI. */
_Static_assert(sizeof(struct message) == 32, "a message has 32 bytes");
_Static_assert(sizeof(struct result) == 16, "a result has 16 bytes");

/* ---- What the host does for us ---- */

/* `log: func(msg: string)`. A string is two parameters: its pointer and its length. */
IMPORT("ntwk:theater/runtime", "log") void host_log(const u8 *ptr, u32 len);

/* ---- Memory ---- */

/*
 * The allocator only moves `next` up, from the end of our data, whose address the linker
 * knows. Nothing lives longer than one call, so freeing moves `next` back to its beginning.
 */
extern u8 __heap_base;
static u32 next;

/*
 * Returns `new_size` bytes at a multiple of `align`, a power of two. Keeps the contents of
 * an older block, as the canonical ABI requires, though the host never passes one.
 */
EXPORT("cabi_realloc")
u8 *cabi_realloc(u8 *old, u32 old_size, u32 align, u32 new_size) {
    const u32 page = 65536;
    if (next == 0) {
        next = (u32)&__heap_base;
    }

    u32 start = (next + align - 1) & ~(align - 1);
    u32 end = start + new_size;
    if (end < start) {
        __builtin_trap(); /* more than 32 bits can address */
    }

    u32 have = (u32)__builtin_wasm_memory_size(0);
    u32 need = end / page + (end % page != 0);
    if (need > have && __builtin_wasm_memory_grow(0, need - have) == (u32)-1) {
        __builtin_trap(); /* the host allows no more memory */
    }

    next = end;
    for (u32 i = 0; i < old_size && i < new_size; i++) {
        ((u8 *)start)[i] = old[i];
    }
    return (u8 *)start;
}

/* The host calls this after it has copied the result. */
EXPORT("cabi_post_" HANDLE_MESSAGE)
void handle_message_post(struct result *result) {
    (void)result;
    next = 0;
}

/* ---- The actor ---- */

/* Whether a string from the host equals one of ours, which ends with a zero. */
static int is(const u8 *ptr, u32 len, const char *word) {
    u32 i = 0;
    while (i < len && word[i] != 0 && ptr[i] == (u8)word[i]) {
        i++;
    }
    return i == len && word[i] == 0;
}

/*
 * `handle-message`. The host passes its two parameters, a message and the state, in pieces:
 * a number is one parameter, a string or a list two, and an option one more.
 */
EXPORT(HANDLE_MESSAGE)
struct result *handle_message(u8 *type, u32 type_len,               /* message-type */
                              u32 has_data, u8 *data, u32 data_len, /* data */
                              u32 has_text, u8 *text, u32 text_len, /* text */
                              u8 *state, u32 state_len) {           /* state */
    /* Static, because it must outlive this function. */
    static struct result result;
    static struct message answer;
    (void)has_data, (void)data, (void)data_len;

    /* The state does not change: the new state is the old bytes, in place. */
    result.state.ptr = state;
    result.state.len = state_len;
    result.messages = &answer;
    result.message_count = 0;

    if (is(type, type_len, "connect")) {
        static const char line[] = "a client has connected";
        host_log((const u8 *)line, sizeof line - 1);
    }

    if (is(type, type_len, "text") && has_text) {
        /* The bytes are ours now, so we can change them in place. The bytes of a letter
           beyond ASCII are all above 127, so the loop leaves them alone. */
        for (u32 i = 0; i < text_len; i++) {
            if (text[i] >= 'a' && text[i] <= 'z') {
                text[i] -= 'a' - 'A';
            }
        }
        answer.type.ptr = type; /* "text", again */
        answer.type.len = type_len;
        answer.data.is_some = 0;
        answer.text.is_some = 1;
        answer.text.value.ptr = text;
        answer.text.value.len = text_len;
        result.message_count = 1;
    }
    return &result;
}
