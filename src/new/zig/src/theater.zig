//! The interface between the host and an actor in Zig: footlight's docs/actors.md explains it.
const std = @import("std");

/// A slice as the host reads it.
pub fn List(comptime T: type) type {
    return extern struct {
        ptr: [*]const T,
        len: usize,

        pub fn of(items: []const T) @This() {
            return .{ .ptr = items.ptr, .len = items.len };
        }
    };
}

/// Text in UTF-8, or bytes.
pub const Bytes = List(u8);

/// Bytes that may be absent.
pub const OptionalBytes = extern struct {
    is_some: bool = false,
    value: Bytes = .of(""),

    pub fn get(self: @This()) ?[]const u8 {
        return if (self.is_some) self.value.ptr[0..self.value.len] else null;
    }
};

/// An event: its type is "connect", "text", "binary", "close" or another one. Also a message of an
/// answer.
pub const Message = extern struct {
    type: Bytes,
    /// Of a "binary".
    data: OptionalBytes = .{},
    /// Of a "text".
    text: OptionalBytes = .{},

    pub fn is(self: Message, kind: []const u8) bool {
        return std.mem.eql(u8, self.type.ptr[0..self.type.len], kind);
    }

    pub fn ofText(text: []const u8) Message {
        return .{ .type = .of("text"), .text = .{ .is_some = true, .value = .of(text) } };
    }
};

/// The new state, and the messages to the client whose event this is.
pub const Answer = extern struct { state: Bytes, messages: List(Message) };

/// Writes a line to the host's log.
pub fn log(line: []const u8) void {
    host.log(line.ptr, line.len);
}

/// Sends a text to all clients. False if the host refused that.
pub fn broadcast(text: []const u8) bool {
    var result: [3]u32 = undefined;
    connections.broadcast(0, "", 0, 0, text.ptr, text.len, 0, 0, &result);
    return std.mem.asBytes(&result)[0] == 0;
}

const host = struct {
    extern "ntwk:theater/runtime" fn log(ptr: [*]const u8, len: usize) void;
};

const connections = struct {
    // An option or a variant is a number and its value. The result goes to the last pointer.
    extern "footlight:host/connections@0.1.0" fn broadcast(
        has_tag: u32,
        tag: [*]const u8,
        tag_len: usize,
        is_binary: u32,
        ptr: [*]const u8,
        len: usize,
        has_except: u32,
        except: u64,
        result: *[3]u32,
    ) void;
};

/// All memory of a call. It is freed when the host has copied the answer.
var arena: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);

/// Exports what the host calls. An error of the actor is a trap, after a line in the log.
pub fn exportActor(comptime handle: anytype) void {
    const exports = struct {
        var answer: Answer = undefined;

        /// The host takes memory for all that it passes. It never passes an old block.
        fn realloc(_: usize, _: usize, _: usize, size: usize) callconv(.c) *anyopaque {
            // An empty block must be in the memory too.
            return (arena.allocator().alignedAlloc(u8, .@"8", @max(size, 1)) catch @trap()).ptr;
        }

        /// A text is a pointer and a length, and an option has a number before it.
        fn handleMessage(
            kind: [*]u8,
            kind_len: usize,
            has_data: u32,
            data: [*]u8,
            data_len: usize,
            has_text: u32,
            text: [*]u8,
            text_len: usize,
            state: [*]u8,
            state_len: usize,
        ) callconv(.c) *Answer {
            const event: Message = .{
                .type = .{ .ptr = kind, .len = kind_len },
                .data = .{ .is_some = has_data != 0, .value = .{ .ptr = data, .len = data_len } },
                .text = .{ .is_some = has_text != 0, .value = .{ .ptr = text, .len = text_len } },
            };
            answer = handle(arena.allocator(), event, state[0..state_len]) catch |err| {
                log(@errorName(err));
                @trap();
            };
            return &answer;
        }

        fn free(_: *Answer) callconv(.c) void {
            _ = arena.reset(.free_all);
        }
    };
    @export(&exports.realloc, .{ .name = "cabi_realloc" });
    @export(&exports.handleMessage, .{ .name = "handle_message" });
    @export(&exports.free, .{ .name = "cabi_post_handle_message" });
}
