internal import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Files that Slack reports without their message: for a large file, or several, sometimes only `file_shared` arrives.
extension SlackAdapter {
    /// How long the message may come after the file's event.
    private static let messagePatience: Duration = .seconds(2)

    /// Fetches the message of a shared file if Slack has not sent it but says which one it is. In a direct message the
    /// file is a question even if Slack does not say.
    func takeShared(_ shared: SlackSharedFile) async {
        guard (try? await Task.sleep(for: Self.messagePatience / max(self.settings.paceFactor, 1))) != nil,
            self.state.withLock({ $0.files.isNew(shared, at: self.now.monotonic) }), let reader = self.reader
        else { return }
        do {
            let use: SlackBudget.Use = shared.isDirect ? .final : .decoration
            guard let file = try await self.call(.fileInfo, ["file": .string(shared.id)], for: use)["file"] else {
                return
            }
            if let place = SlackReader.place(of: file, in: shared.channel),
                let message = try await self.message(place.message, below: place.root, in: shared.channel, for: use),
                SlackReader.isOf(shared, message)
            {
                // Its id is the same as if it had come.
                _ = try await self.enqueue(
                    [message], of: Gap(channel: shared.channel, isDirect: shared.isDirect), isBacklog: false)
                return
            }
            let now = self.now.monotonic
            guard let item = reader.message(of: shared, file),
                self.state.withLock({ $0.files.ask(about: shared, at: now) })
            else { return }
            let job = SlackDeliveryQueue.Job(items: [item]) { isStored, _ in
                if !isStored { self.state.withLock { $0.files.forget(shared) } }
            }
            if !self.queue(of: item).append(job) { self.state.withLock { $0.files.forget(shared) } }
        } catch {
            self.logger.warning(
                "A shared file that arrived without its message could not be read",
                ["file": .string(shared.id), "reason": .string("\(error)")])
        }
    }

    /// One message of a channel; nil if Slack does not show it.
    private func message(
        _ ts: String, below root: String?, in channel: String, for use: SlackBudget.Use
    ) async throws -> JSON? {
        var arguments: JSONObject = [
            "channel": .string(channel), "oldest": .string(ts), "latest": .string(ts), "inclusive": "true",
            "limit": "10",
        ]
        if let root, root != ts { arguments["ts"] = .string(root) }
        let answer = try await self.call(arguments["ts"] == nil ? .history : .replies, arguments, for: use)
        return answer["messages"]?.arrayValue?.first { SlackReader.timestamp($0["ts"]) == ts }
    }
}
