// A counter that all clients share: each press of the button adds one, and everybody sees it.
import { Answer, Message, broadcast, log } from "./theater";

// Handles one event of one client. Returns the new state, and the answer to that client.
//
// The state is the count. It is all that remains until the next call.
export function handle(event: Message, state: Uint8Array): Answer {
  let count: u64 = state.length == 8 ? load<u64>(state.dataStart) : 0;
  const answer = new Answer();
  if (event.type == "connect") {
    answer.messages.push(Message.ofText(count.toString()));
  } else if (event.type == "text" && event.text == "add") {
    count++;
    if (!broadcast(count.toString())) log("not everybody knows the count");
  }
  answer.state = new Uint8Array(8);
  store<u64>(answer.state.dataStart, count);
  return answer;
}
