internal import JSON

extension SlackState {
    mutating func history(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let channel = try self.readable(call)
        var list = channel.order.reversed().compactMap { channel[$0] }
        list.removeAll { $0.isReply && $0.subtype != "thread_broadcast" }
        return try self.page(list, call, in: channel, isRising: false)
    }

    mutating func replies(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let channel = try self.readable(call)
        let ts = try call.required("ts")
        guard let root = channel[ts] else { throw SlackRefusal("thread_not_found") }
        let rest = (channel.replies[ts] ?? []).compactMap { channel[$0] }
        let all = try self.page(rest, call, in: channel, isRising: true)
        // Every page includes the root.
        var page = all
        page["messages"] = .array(
            [.object(self.json(root, in: channel, withMetadata: call.flag("include_all_metadata")))]
                + (all["messages"]?.arrayValue ?? []))
        return page
    }

    private func readable(_ call: SlackCall) throws(SlackRefusal) -> SlackChannel {
        let channel = try self.channel(try call.required("channel"))
        try self.require([Self.scope(of: channel.kind) + ":history"])
        guard channel.members.contains(Self.botUser) else { throw SlackRefusal("not_in_channel") }
        return channel
    }

    static func scope(of kind: SlackChannel.Kind) -> String {
        switch kind {
        case .open: "channels"
        case .closed: "groups"
        case .direct: "im"
        case .group: "mpim"
        }
    }

    private func page(
        _ list: [SlackMessage], _ call: SlackCall, in channel: SlackChannel, isRising: Bool
    ) throws(SlackRefusal) -> JSONObject {
        let isInclusive = call.flag("inclusive")
        var list = list
        if let oldest = call.text("oldest").map(Self.padded) {
            list.removeAll { isInclusive ? $0.ts < oldest : $0.ts <= oldest }
        }
        if let latest = call.text("latest").map(Self.padded) {
            list.removeAll { isInclusive ? $0.ts > latest : $0.ts >= latest }
        }
        if let cursor = call.text("cursor") {
            guard cursor.hasPrefix("next_ts:") else { throw SlackRefusal("invalid_cursor") }
            let start = String(cursor.dropFirst(8))
            list.removeAll { isRising ? $0.ts < start : $0.ts > start }
        }
        let limit = call.number("limit") ?? 100
        guard (1...1_000).contains(limit) else { throw SlackRefusal("invalid_limit") }
        let withMetadata = call.flag("include_all_metadata")
        let page = list.prefix(min(limit, 999))
        let next = list.dropFirst(page.count).first
        return [
            "messages": .array(page.map { .object(self.json($0, in: channel, withMetadata: withMetadata)) }),
            "has_more": .bool(next != nil),
            "response_metadata": ["next_cursor": .string(next.map { "next_ts:\($0.ts)" } ?? "")],
        ]
    }

    /// `1700000001` and `1700000001.5` compare as `1700000001.500000`.
    private static func padded(_ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let seconds = String(repeating: "0", count: max(0, 10 - parts[0].count)) + parts[0]
        let micros = parts.count > 1 ? String(parts[1].prefix(6)) : ""
        return seconds + "." + micros + String(repeating: "0", count: 6 - micros.count)
    }
}
