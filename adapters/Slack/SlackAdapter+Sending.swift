package import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Sends messages: complete ones as posts, growing ones by streaming or by edits.
extension SlackAdapter {
    @discardableResult package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        do {
            guard message.stage == .preview else { return try await self.postWhole(message, for: .final) }
            if let reference = try await self.beginStream(message) { return reference }
            return try await self.beginEdits(message)
        } catch {
            throw Self.adapterError(error, stage: message.stage)
        }
    }

    package func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        do {
            switch message.stage {
            case .preview: try await self.grow(reference, to: message)
            case .final: try await self.finish(reference, with: message)
            }
        } catch {
            let error = Self.adapterError(error, stage: message.stage)
            // The workspace forbids edits, or edits of messages this old, or the message is gone: it grows no more.
            if let code = (error as? AdapterError)?.code, message.stage == .final,
                [.uneditable, .notFound].contains(code)
            {
                self.state.withLock { $0.growing.remove(reference) }
            }
            throw error
        }
    }

    // MARK: Whole messages

    private func postWhole(_ message: OutgoingMessage, for use: SlackBudget.Use) async throws -> MessageReference {
        var arguments = self.place(of: message.route)
        arguments["unfurl_links"] = false
        arguments["unfurl_media"] = false
        arguments["metadata"] = SlackBlocks.metadata(token: message.token)
        let channel = message.route.room.name
        self.forgetTyping(in: message.route)
        let answer = try await self.withBlocks(message, isStream: false) { form in
            var arguments = arguments
            arguments.merge(form)
            return try await self.call(.post, arguments, channel: channel, for: use)
        }
        return MessageReference(room: message.route.room, id: try Self.made(answer, by: .post))
    }

    private func update(
        _ reference: MessageReference, with message: OutgoingMessage, isStream: Bool, for use: SlackBudget.Use
    ) async throws {
        var arguments: JSONObject = ["channel": .string(reference.room.name), "ts": .string(reference.id)]
        arguments["metadata"] = SlackBlocks.metadata(token: message.token)
        let edit = { (isStream: Bool) in
            _ = try await self.withBlocks(message, isStream: isStream) { form in
                var arguments = arguments
                arguments.merge(form)
                return try await self.call(.update, arguments, channel: reference.room.name, for: use)
            }
        }
        do {
            try await edit(isStream)
        } catch let failure as SlackFailure where failure.code == "streaming_state_conflict" {
            // The stream is still live: this process does not know it after a restart, or Slack reported its end too
            // early.
            try await self.endStream(reference, with: nil, message)
            try await edit(true)
        }
    }

    /// Calls `body` with the text as blocks with a fallback, or as Markdown alone: a message that was a stream stays
    /// Markdown. If Slack refuses one form, for example because it counts the blocks as too long, tries the other.
    private func withBlocks(
        _ message: OutgoingMessage, isStream: Bool, _ body: (JSONObject) async throws -> JSON
    ) async throws -> JSON {
        let mentions = message.route.mentions
        let who = SlackBlocks.names(mentions)
        let names = who.isEmpty ? "" : who + "\n"
        let markdown: JSONObject = ["markdown_text": .string(names + message.text)]
        let blocks: JSONObject = [
            "text": .string(names + SlackFallback.text(of: message.text)),
            "blocks": SlackBlocks.blocks(message.text, buttons: message.buttons, mentioning: mentions),
        ]
        // A stream has no blocks, but its last edit may.
        let needsBlocks = message.stage == .final && SlackBlocks.needsBlocks(message.text)
        let isMarkdownFirst = isStream && message.buttons.isEmpty && !needsBlocks
        do {
            return try await body(isMarkdownFirst ? markdown : blocks)
        } catch let failure as SlackFailure where Self.wantsOtherForm.contains(failure.code) {
            return try await body(isMarkdownFirst ? blocks : markdown)
        }
    }

    private static let wantsOtherForm: Set<String> = [
        "block_mismatch", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "markdown_text_conflict",
    ]

    private func place(of route: Route) -> JSONObject {
        var arguments: JSONObject = ["channel": .string(route.room.name)]
        if let anchor = route.anchor { arguments["thread_ts"] = .string(anchor) }
        return arguments
    }

    // MARK: Growing messages

    /// Begins a stream; nil if Slack or the budget does not allow one.
    private func beginStream(_ message: OutgoingMessage) async throws -> MessageReference? {
        let route = message.route
        let recipient = (route.recipient ?? "").split(separator: "/").map(String.init)
        let now = self.now.monotonic
        let isPossible = self.state.withLock { state in
            !state.missing.contains(.startStream) && state.budget.wait(.startStream, for: .preview, at: now) == 0
                && state.budget.wait(.appendStream, for: .preview, at: now) == 0
        }
        guard route.anchor != nil, recipient.count == 2, isPossible else { return nil }
        var growing = SlackGrowing(form: .stream(since: now), touched: now)
        var arguments = self.place(of: route)
        arguments["recipient_team_id"] = .string(recipient[0])
        arguments["recipient_user_id"] = .string(recipient[1])
        if let text = growing.addition(for: message.text) {
            arguments["markdown_text"] = .string(text)
            growing.sent = text
        }
        do {
            let answer = try await self.call(.startStream, arguments, channel: route.room.name, for: .preview)
            let reference = MessageReference(room: route.room, id: try Self.made(answer, by: .startStream))
            self.keep(growing, for: reference)
            self.forgetTyping(in: route)
            return reference
        } catch let failure as SlackFailure where failure.isCertain && failure.code != "unreachable" {
            if failure.isMissingFeature { self.remember(missing: .startStream, failure) }
            if failure.adapterError.isOfRoom || failure.isAboutToken { throw failure }
            return nil
        }
    }

    /// Posts a message that will be edited, but only while the budget has edits left to complete it.
    private func beginEdits(_ message: OutgoingMessage) async throws -> MessageReference {
        let now = self.now.monotonic
        let wait = self.state.withLock { state in
            state.budget.openPreviews = state.growing.count
            return state.budget.wait(.update, for: .preview, at: now)
        }
        guard wait == 0 else {
            throw SlackFailure(SlackFailure.budget, "Slack's limit of edits per minute is used up", retryAfter: wait)
        }
        let reference = try await self.postWhole(message, for: .preview)
        self.keep(SlackGrowing(form: .edits, touched: now), for: reference)
        return reference
    }

    private func grow(_ reference: MessageReference, to message: OutgoingMessage) async throws {
        let now = self.now.monotonic
        guard var growing = self.state.withLock({ $0.growing[reference] }) else {
            return try await self.update(reference, with: message, isStream: false, for: .preview)
        }
        let addition = growing.isLive ? growing.addition(for: message.text) : nil
        self.keep(growing, for: reference)
        if growing.isLive, !growing.isDerailed, !growing.isDue(at: now) {
            guard let addition else { return }
            try self.takeTurn(growing, reference, at: now)
            if try await self.append(addition, to: reference) { return }
        } else if growing.isLive {
            // An edit can change what additions cannot.
            try await self.endStream(reference, with: nil, message)
        } else {
            try self.takeTurn(growing, reference, at: now)
        }
        let isStream = self.state.withLock { $0.growing[reference]?.form } != .edits
        try await self.update(reference, with: message, isStream: isStream, for: .preview)
    }

    private func takeTurn(_ growing: SlackGrowing, _ reference: MessageReference, at now: Int64) throws {
        let wait = self.state.withLock { $0.growing.takeTurn(growing, reference, at: now) }
        guard wait == 0 else {
            throw SlackFailure(
                SlackFailure.budget, "all growing messages share Slack's limit of calls per minute", retryAfter: wait)
        }
    }

    /// False when the stream has ended; edits take its place.
    private func append(_ text: String, to reference: MessageReference) async throws -> Bool {
        let arguments: JSONObject = [
            "channel": .string(reference.room.name), "ts": .string(reference.id), "markdown_text": .string(text),
        ]
        do {
            try await self.call(.appendStream, arguments, channel: reference.room.name, for: .preview)
            self.state.withLock { $0.growing.added(text, to: reference) }
            return true
        } catch let failure as SlackFailure {
            if failure.isRateLimit || failure.code == "unreachable" && failure.isCertain { throw failure }
            self.state.withLock { state in
                // After an unknown outcome, only the last edit makes the shown text certain.
                if failure.isCertain { state.growing.endStream(reference) } else { state.growing.derail(reference) }
            }
            if failure.isMissingFeature { self.remember(missing: .startStream, failure) }
            if !failure.isCertain { throw failure }
            return false
        }
    }

    /// Ends a live stream, adding `rest`. It is not an error if Slack has already ended it.
    private func endStream(_ reference: MessageReference, with rest: String?, _ message: OutgoingMessage) async throws {
        var arguments: JSONObject = ["channel": .string(reference.room.name), "ts": .string(reference.id)]
        if let rest, !rest.isEmpty { arguments["markdown_text"] = .string(rest) }
        arguments["metadata"] = SlackBlocks.metadata(token: message.token)
        if message.stage == .final, !message.buttons.isEmpty {
            arguments["blocks"] = .array([SlackBlocks.actions(message.buttons)])
        }
        do {
            try await self.call(.stopStream, arguments, channel: reference.room.name)
        } catch let failure as SlackFailure where Self.isOver(failure) {
            self.logger.debug("Slack had already ended a stream", ["reason": .string(failure.code)])
            self.state.withLock { $0.growing.derail(reference) }
        }
        self.state.withLock { $0.growing.endStream(reference) }
    }

    private static func isOver(_ failure: SlackFailure) -> Bool {
        [
            "message_not_in_streaming_state", "stopped_by_user", "message_not_owned_by_app", "msg_too_long",
            "msg_blocks_too_long", "invalid_blocks",
        ].contains(failure.code)
    }

    /// Completes a growing message: the end of the stream adds the rest, and the edit ensures that the text is
    /// complete.
    private func finish(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        guard let growing = self.state.withLock({ $0.growing[reference] }) else {
            return try await self.update(reference, with: message, isStream: false, for: .final)
        }
        var isWhole = false
        if growing.isLive {
            let rest = growing.remainder(of: message.text)
            try await self.endStream(reference, with: rest, message)
            isWhole = rest != nil && self.state.withLock { $0.growing[reference]?.isDerailed } == false
        }
        do {
            try await self.update(reference, with: message, isStream: growing.form != .edits, for: .final)
        } catch let failure as SlackFailure where isWhole && (failure.isRateLimit || failure.code == "block_mismatch") {
            // The message already shows the whole text.
            self.logger.debug("The last edit of a complete message was skipped", ["reason": .string(failure.code)])
        }
        self.state.withLock { $0.growing.remove(reference) }
    }

    /// Ends old streams before Slack does.
    func rollOverStreams() async {
        let now = self.now.monotonic
        for reference in self.state.withLock({ $0.growing.dueStreams(at: now) }) {
            let arguments: JSONObject = ["channel": .string(reference.room.name), "ts": .string(reference.id)]
            do {
                try await self.call(.stopStream, arguments, channel: reference.room.name, for: .preview)
            } catch {
                guard let failure = error as? SlackFailure, Self.isOver(failure) else { continue }
            }
            self.state.withLock { $0.growing.endStream(reference) }
        }
    }

    private func keep(_ growing: SlackGrowing, for reference: MessageReference) {
        self.state.withLock { $0.growing.keep(growing, for: reference) }
    }

    func remember(missing method: SlackMethod, _ failure: SlackFailure) {
        let isNews = self.state.withLock { $0.missing.insert(method).inserted }
        if isNews {
            self.logger.info(
                "Slack does not offer a feature here; continuing without it",
                ["method": .string(method.rawValue), "reason": .string(failure.code)])
        }
    }
}
