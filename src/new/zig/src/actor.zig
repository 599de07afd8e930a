//! A counter that all clients share: each press of the button adds one, and everybody sees it.
const std = @import("std");
const theater = @import("theater.zig");

comptime {
    theater.exportActor(handle);
}

/// Handles one event of one client. Returns the new state, and the answer to that client.
///
/// The state is the count. It is all that remains until the next call, which frees `arena`.
fn handle(arena: std.mem.Allocator, event: theater.Message, state: []const u8) !theater.Answer {
    var count: u64 = if (state.len == 8) std.mem.readInt(u64, state[0..8], .little) else 0;
    var answer: []const theater.Message = &.{};

    if (event.is("connect")) {
        const text = try std.fmt.allocPrint(arena, "{d}", .{count});
        answer = try arena.dupe(theater.Message, &.{.ofText(text)});
    } else if (std.mem.eql(u8, event.text.get() orelse "", "add")) {
        count += 1;
        const text = try std.fmt.allocPrint(arena, "{d}", .{count});
        if (!theater.broadcast(text)) theater.log("not everybody knows the count");
    }

    const new_state = try arena.create([8]u8);
    std.mem.writeInt(u64, new_state, count, .little);
    return .{ .state = .of(new_state), .messages = .of(answer) };
}
