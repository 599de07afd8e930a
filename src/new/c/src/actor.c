/* A counter that all clients share: each press of the button adds one, and everybody sees it. */
#include "theater.h"

/*
 * Handles one event of one client. Returns the new state, and the answer to that client.
 *
 * The state is the count. It is all that remains until the next call.
 */
static struct answer handle(struct message event, struct bytes state) {
    uint64_t *count = take(sizeof *count);
    *count = 0;
    if (state.len == sizeof *count) memcpy(count, state.ptr, state.len);
    struct answer answer = {.state = {(char *)count, sizeof *count}};

    if (is(event.type, "connect")) {
        reply(&answer, number(*count));
    } else if (is(event.type, "text") && is(event.text, "add")) {
        *count += 1;
        if (!broadcast(number(*count))) log_line("not everybody knows the count");
    }
    return answer;
}
