// The interface between the host and an actor in Go: footlight's docs/actors.md explains it.

package main

import "unsafe"

// An event: its type is "connect", "text", "binary", "close" or another one. Also a message of an
// answer.
type Message struct {
	Type string
	Text string // of a "text"
	Data []byte // of a "binary"
}

func TextMessage(text string) Message {
	return Message{Type: "text", Text: text}
}

// Writes a line to the host's log.
func Log(line string) {
	hostLog(line)
}

// Sends a text to all clients. False if the host refused that.
func Broadcast(text string) bool {
	var result [3]uint32
	hostBroadcast(0, "", 0, text, 0, 0, &result)
	return byte(result[0]) == 0
}

//go:wasmimport ntwk:theater/runtime log
func hostLog(line string)

// An option or a variant is a number and its value. The result goes to the last pointer.
//
//go:wasmimport footlight:host/connections@0.1.0 broadcast
func hostBroadcast(hasTag uint32, tag string, isBinary uint32, text string, hasExcept uint32, except uint64, result *[3]uint32)

// What the host has taken, and what it has to read. The garbage collector must not free it before
// the end of the call.
var kept []any

// The host takes memory for all that it passes. It never passes an old block.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	block := make([]uint64, size/8+1) // which is aligned for all that the host passes
	kept = append(kept, block)
	return unsafe.Pointer(&block[0])
}

// The host calls this after it has copied the answer.
//
//go:wasmexport cabi_post_handle_message
func freeAll(answer unsafe.Pointer) {
	clear(kept)
	kept = kept[:0]
}

// A pointer as the host reads it. Go's own pointers have 64 bits.
type pointer uint32

// Bytes or a list, and bytes that may be absent.
type hostList struct {
	at     pointer
	length uint32
}

type hostOption struct {
	isSome uint32
	value  hostList
}

type hostMessage struct {
	kind       hostList
	data, text hostOption
}

type hostAnswer struct {
	state, messages hostList
}

func keep[T any](items []T) hostList {
	kept = append(kept, items)
	return hostList{pointer(uintptr(unsafe.Pointer(unsafe.SliceData(items)))), uint32(len(items))}
}

// An option has a number before it, which says whether there is a value.
//
//go:wasmexport handle_message
func handleMessage(kind *byte, kindLength, hasData uint32, data *byte, dataLength, hasText uint32, text *byte, textLength uint32, state *byte, stateLength uint32) unsafe.Pointer {
	event := Message{
		Type: string(unsafe.Slice(kind, kindLength)),
		Text: string(unsafe.Slice(text, textLength)),
		Data: unsafe.Slice(data, dataLength),
	}
	newState, messages := handle(event, unsafe.Slice(state, stateLength))
	list := make([]hostMessage, len(messages))
	for i, message := range messages {
		list[i].kind = keep([]byte(message.Type))
		switch message.Type {
		case "text":
			list[i].text = hostOption{1, keep([]byte(message.Text))}
		case "binary":
			list[i].data = hostOption{1, keep(message.Data)}
		}
	}
	answer := &hostAnswer{keep(newState), keep(list)}
	kept = append(kept, answer)
	return unsafe.Pointer(answer)
}

func main() {}
