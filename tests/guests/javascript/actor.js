// Counts, answers, and throws an exception. tests/it/languages.rs makes a component of this with
// componentize-js, and talks to it.
import { log } from 'ntwk:theater/runtime';

const bytes = (text) => new TextEncoder().encode(text);
const text = (text) => ({ messageType: 'text', text });

export const websocketServer = {
    handleMessage(message, state) {
        // There is no state before the first `add`.
        const count = state.length > 0 ? JSON.parse(new TextDecoder().decode(state)).count : 0;
        switch (message.messageType) {
            case 'connect':
                return [state, { messages: [text(`${count}`)] }];
            case 'text':
                break;
            case 'binary':
                return [state, { messages: [{ messageType: 'binary', data: message.data.reverse() }] }];
            default:
                return [state, { messages: [] }];
        }
        switch (message.text) {
            case 'add':
                return [bytes(JSON.stringify({ count: count + 1 })), { messages: [text(`${count + 1}`)] }];
            case 'throw':
                throw new Error('as it was told to');
            default:
                log(`says ${message.text}`);
                return [state, { messages: [text(message.text.toUpperCase())] }];
        }
    },
};
