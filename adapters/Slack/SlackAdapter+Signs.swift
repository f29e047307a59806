package import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Status, reactions and titles; deleting and finding messages.
extension SlackAdapter {
    package func setTyping(_ isTyping: Bool, in route: Route) async {
        guard let anchor = route.anchor else { return }
        let thread = SlackThreadSigns.key(route.room.name, anchor)
        let now = self.now.monotonic
        let isWanted = self.state.withLock { state in
            // Noted in any case: it says which threads are being answered.
            state.signs.setTyping(isTyping, in: thread, at: now) && !state.missing.contains(.setStatus)
        }
        guard isWanted else { return }
        await self.setStatus(isTyping ? "is thinking…" : "", in: route.room, anchor)
        // Slack may have posted a message before it set the status, which then stays.
        let isLate = isTyping && self.state.withLock { !$0.signs.isTyping(in: thread) }
        if isLate { await self.setStatus("", in: route.room, anchor) }
    }

    private func setStatus(_ status: String, in room: RoomID, _ anchor: String) async {
        await self.decorate(
            .setStatus,
            ["channel_id": .string(room.name), "thread_ts": .string(anchor), "status": .string(status)])
    }

    /// Slack clears the status when a message is posted.
    func forgetTyping(in route: Route) {
        guard let anchor = route.anchor else { return }
        self.state.withLock { $0.signs.clearTyping(in: SlackThreadSigns.key(route.room.name, anchor)) }
    }

    package func react(_ emoji: String, isOn: Bool, to reference: MessageReference, isNeeded: Bool) async {
        guard let name = SlackEmoji.name(of: emoji), SlackTimestamp.isValid(reference.id) else { return }
        let arguments: JSONObject = [
            "channel": .string(reference.room.name), "timestamp": .string(reference.id), "name": .string(name),
        ]
        await self.decorate(isOn ? .addReaction : .removeReaction, arguments)
    }

    /// Makes a call whose failure is only logged.
    private func decorate(_ method: SlackMethod, _ arguments: JSONObject) async {
        guard !self.state.withLock({ $0.missing.contains(method) }) else { return }
        do {
            try await self.call(method, arguments, for: .decoration)
        } catch let failure as SlackFailure {
            if failure.isMissingFeature { return self.remember(missing: method, failure) }
            guard !["already_reacted", "no_reaction"].contains(failure.code) else { return }
            self.logger.debug(
                "A status, reaction or title was not set",
                ["method": .string(method.rawValue), "reason": .string(failure.code)])
        } catch {
            self.logger.debug(
                "A status, reaction or title was not set",
                ["method": .string(method.rawValue), "reason": "cancelled"])
        }
    }

    // MARK: Assistant threads

    func offerPrompts(channel: String, thread: String) async {
        await self.decorate(
            .setPrompts,
            [
                "channel_id": .string(channel), "thread_ts": .string(thread), "title": "What shall we do?",
                "prompts": .array(
                    SlackManifest.prompts.map { ["title": .string($0.title), "message": .string($0.message)] }),
            ])
    }

    func setTitle(channel: String, thread: String, text: String) async {
        let line = text.split(separator: "\n").first.map { String($0).cut(to: 80) } ?? ""
        guard !line.isEmpty else { return }
        await self.decorate(
            .setTitle, ["channel_id": .string(channel), "thread_ts": .string(thread), "title": .string(line)])
    }

    // MARK: Deleting and finding

    package func delete(_ reference: MessageReference, in route: Route) async throws {
        do {
            try await self.call(
                .delete, ["channel": .string(reference.room.name), "ts": .string(reference.id)],
                channel: reference.room.name)
        } catch let failure as SlackFailure where failure.code == "message_not_found" {
            // Already deleted.
        } catch {
            throw Self.adapterError(error)
        }
        self.state.withLock { $0.growing.remove(reference) }
    }

    /// Milliseconds that a post of the last process may still be in transit after the start; until then it cannot be
    /// reported as missing.
    private static let settlingTime: Int64 = 2_500

    package func find(token: String, isFile: Bool, in route: Route) async throws -> MessageReference? {
        if isFile, let found = try await self.findUpload(token: token, in: route) { return found }
        if let found = try await self.look(for: token, isFile: isFile, in: route) { return found }
        let wait = self.state.withLock { $0.work.began + Self.settlingTime } - self.now.monotonic
        guard wait > 0 else { return nil }
        try await Task.sleep(for: .milliseconds(wait))
        return try await self.look(for: token, isFile: isFile, in: route)
    }

    /// The message of an upload cannot carry a token, so where there is any file of the bot, it may be that one.
    private func look(for token: String, isFile: Bool, in route: Route) async throws -> MessageReference? {
        var arguments: JSONObject = [
            "channel": .string(route.room.name), "include_all_metadata": "true", "limit": "200",
        ]
        if let anchor = route.anchor { arguments["ts"] = .string(anchor) }
        // The post answers this message, or is at most a day old.
        let day = SlackTimestamp.text(milliseconds: self.now.wall - 86_400_000)
        arguments["oldest"] = .string(route.replyTo.flatMap { SlackTimestamp.isValid($0) ? $0 : nil } ?? day)
        guard let bot = self.state.withLock({ $0.machine.identity }) else {
            throw AdapterError(.disconnected, "not connected to Slack", isCertain: false)
        }
        var orphan: String?
        do {
            for _ in 0..<5 {
                let answer = try await self.call(route.anchor == nil ? .history : .replies, arguments)
                for message in answer["messages"]?.arrayValue ?? [] where bot.isOwn(message) {
                    guard let ts = SlackReader.timestamp(message["ts"]) else { continue }
                    if isFile {
                        guard message["files"] == nil else { throw Self.unknownUpload }
                        continue
                    }
                    if SlackBlocks.token(of: message) == token { return MessageReference(room: route.room, id: ts) }
                    // Streams get their metadata when they end: a message without any is an unfinished stream.
                    if message["metadata"] == nil, message["files"] == nil, ts != route.anchor, route.anchor != nil {
                        orphan = ts
                    }
                }
                guard Self.turnPage(&arguments, after: answer) else { break }
            }
        } catch {
            throw Self.adapterError(error)
        }
        return orphan.map { MessageReference(room: route.room, id: $0) }
    }
}
