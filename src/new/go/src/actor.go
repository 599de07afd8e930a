// A counter that all clients share: each press of the button adds one, and everybody sees it.
package main

import (
	"encoding/binary"
	"strconv"
)

// Handles one event of one client. Returns the new state, and the messages of the answer to that
// client.
//
// The state is the count. It is all that remains until the next call.
func handle(event Message, state []byte) ([]byte, []Message) {
	var count uint64
	if len(state) == 8 {
		count = binary.LittleEndian.Uint64(state)
	}
	var answer []Message
	switch {
	case event.Type == "connect":
		answer = append(answer, TextMessage(strconv.FormatUint(count, 10)))
	case event.Type == "text" && event.Text == "add":
		count++
		if !Broadcast(strconv.FormatUint(count, 10)) {
			Log("not everybody knows the count")
		}
	}
	return binary.LittleEndian.AppendUint64(nil, count), answer
}
