internal import JSON

/// Features of assistant threads besides messages.
extension SlackState {
    mutating func setStatus(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, thread) = try self.assistantThread(call)
        guard let status = call.arguments["status"]?.stringValue else {
            throw SlackRefusal("invalid_arguments", messages: ["missing required field: status"])
        }
        if let messages = try call.nested("loading_messages", refusal: "invalid_arguments") {
            guard let list = messages.arrayValue, list.count <= 10 else {
                throw SlackRefusal("invalid_arguments", messages: ["no more than 10 items allowed"])
            }
        }
        self.channels[channel]?.statuses[thread] =
            status.isEmpty ? nil : (status, self.now + self.settings.statusSeconds)
        return [:]
    }

    mutating func setTitle(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, thread) = try self.assistantThread(call)
        self.channels[channel]?.titles[thread] = try call.required("title")
        return [:]
    }

    mutating func setPrompts(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let channel = try self.writable(try call.required("channel_id"))
        guard let prompts = try call.nested("prompts", refusal: "invalid_arguments")?.arrayValue,
            (1...4).contains(prompts.count),
            prompts.allSatisfy({ $0["title"]?.stringValue != nil && $0["message"]?.stringValue != nil })
        else { throw SlackRefusal("invalid_arguments", messages: ["one to four prompts with title and message"]) }
        self.channels[channel.id]?.prompts[call.text("thread_ts") ?? ""] = .array(prompts)
        return [:]
    }

    private func assistantThread(_ call: SlackCall) throws(SlackRefusal) -> (String, String) {
        let channel = try self.writable(try call.required("channel_id"))
        return (channel.id, try self.root(try call.required("thread_ts"), in: channel))
    }

    // MARK: People

    /// A person opens the assistant: a thread begins in their direct conversation. Returns the channel and the thread.
    mutating func openAssistant(as user: String) -> (channel: String, thread: String) {
        let id = self.directChannel(with: user)
        var root = SlackMessage(
            ts: self.stamp(), user: Self.botUser, botID: Self.botID, subtype: "assistant_app_thread",
            text: "New Assistant Thread")
        root.threadTS = root.ts
        self.channels[id]?[root.ts] = root
        self.emit(
            "assistant_thread_started",
            [
                "type": "assistant_thread_started",
                "assistant_thread": [
                    "user_id": .string(user), "context": ["channel_id": .string(LoopbackSlack.general)],
                    "channel_id": .string(id), "thread_ts": .string(root.ts),
                ],
            ])
        return (id, root.ts)
    }
}
