internal import JSON

/// Answers that are written piece by piece.
extension SlackState {
    mutating func startStream(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        guard self.settings.hasStreams else { throw SlackRefusal("feature_disabled") }
        let channel = try self.writable(try call.required("channel"))
        let root = try self.root(try call.required("thread_ts"), in: channel)
        if channel.kind != .direct {
            guard let user = call.text("recipient_user_id") else { throw SlackRefusal("missing_recipient_user_id") }
            guard call.text("recipient_team_id") != nil else { throw SlackRefusal("missing_recipient_team_id") }
            guard self.users[user] != nil else { throw SlackRefusal("user_not_found") }
        }
        var message = SlackMessage(ts: self.stamp(), user: Self.botUser, botID: Self.botID, text: "")
        message.threadTS = root
        message.markdown = ""
        message.stream = SlackMessage.Stream(begun: self.now)
        try self.append(call, to: &message, in: channel.id)
        self.store(message, in: channel.id)
        self.streams.append((self.now + self.settings.streamSeconds, channel.id, message.ts))
        return ["channel": .string(channel.id), "ts": .string(message.ts)]
    }

    mutating func appendStream(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        var (channel, message) = try self.streamed(call)
        let before = message
        guard call.text("markdown_text") != nil || call.arguments["chunks"] != nil else {
            throw SlackRefusal("no_text")
        }
        do throws(SlackRefusal) {
            try self.append(call, to: &message, in: channel.id)
        } catch {
            if error.error == "msg_too_long", (message.markdown ?? "").utf16.count > Self.truncation {
                self.channels[channel.id]?[message.ts]?.stream?.end = error.error
            }
            throw error
        }
        message.updates += 1
        self.channels[channel.id]?[message.ts] = message
        channel = self.channels[channel.id] ?? channel
        self.emitChanged(message, before: before, in: channel)
        return ["channel": .string(channel.id), "ts": .string(message.ts)]
    }

    mutating func stopStream(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        var (channel, message) = try self.streamed(call)
        let before = message
        try self.append(call, to: &message, in: channel.id)
        if let blocks = try call.nested("blocks", refusal: "invalid_blocks_format") {
            message.blocks += try SlackBlockCheck.checked(blocks)
            self.note(pings: SlackPings.find(in: blocks), ts: message.ts, channel: channel.id)
        }
        if let metadata = try self.metadata(call) { message.metadata = metadata }
        message.stream = nil
        message.updates += 1
        self.channels[channel.id]?[message.ts] = message
        channel = self.channels[channel.id] ?? channel
        self.emitChanged(message, before: before, in: channel)
        return [
            "channel": .string(channel.id), "ts": .string(message.ts),
            "message": .object(self.json(message, in: channel, withMetadata: true)),
        ]
    }

    /// A message of the bot that is being streamed.
    private func streamed(_ call: SlackCall) throws(SlackRefusal) -> (SlackChannel, SlackMessage) {
        let (channel, message) = try self.own(call, refusal: "message_not_owned_by_app")
        guard let stream = message.stream else { throw SlackRefusal("message_not_in_streaming_state") }
        if let end = stream.end { throw SlackRefusal(end) }
        return (channel, message)
    }

    /// Appends the text or chunks of a call.
    private mutating func append(
        _ call: SlackCall, to message: inout SlackMessage, in channel: String
    ) throws(SlackRefusal) {
        let chunks = try call.nested("chunks", refusal: "invalid_chunks")
        var text = call.text("markdown_text") ?? ""
        if !text.isEmpty, chunks != nil { throw SlackRefusal("cannot_provide_both_markdown_text_and_chunks") }
        if let chunks {
            guard let list = chunks.arrayValue else { throw SlackRefusal("invalid_chunks") }
            for chunk in list { try self.add(chunk, to: &message, &text) }
        }
        guard text.utf16.count <= Self.markdownLimit else { throw SlackRefusal("msg_too_long") }
        let known = SlackPings.find(in: message.markdown ?? "").count
        let whole = (message.markdown ?? "") + text
        message.markdown = whole
        guard whole.utf16.count <= Self.truncation else { throw SlackRefusal("msg_too_long") }
        message.text = whole
        // A token may have been split between two pieces.
        self.note(pings: Array(SlackPings.find(in: whole).dropFirst(known)), ts: message.ts, channel: channel)
    }

    private mutating func add(
        _ chunk: JSON, to message: inout SlackMessage, _ text: inout String
    ) throws(SlackRefusal) {
        switch chunk["type"]?.stringValue {
        case "markdown_text":
            guard let piece = chunk["text"]?.stringValue else { throw SlackRefusal("invalid_chunks") }
            text += piece
        case "task_update":
            let states = ["pending", "in_progress", "complete", "error"]
            guard let id = chunk["id"]?.stringValue, chunk["title"]?.stringValue != nil,
                chunk["status"].map({ states.contains($0.stringValue ?? "") }) ?? true
            else { throw SlackRefusal("invalid_chunks") }
            message.stream?.tasks.removeAll { $0["id"]?.stringValue == id }
            message.stream?.tasks.append(chunk)
        case "plan_update":
            guard chunk["title"]?.stringValue != nil else { throw SlackRefusal("invalid_chunks") }
        case "blocks":
            message.blocks += try SlackBlockCheck.checked(chunk["blocks"] ?? .null)
        default: throw SlackRefusal("invalid_chunks")
        }
    }

    /// Ends the expired streams; their messages stay unchanged.
    mutating func expireStreams() {
        while let first = self.streams.first, first.end <= self.now {
            self.streams.removeFirst()
            if self.channels[first.channel]?[first.ts]?.isStreaming == true {
                self.channels[first.channel]?[first.ts]?.stream?.end = "message_not_in_streaming_state"
            }
        }
    }
}
