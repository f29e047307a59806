internal import JSON
internal import Primitives
internal import Terminals

/// Takes the answer to an ask while the turn that waits for it is followed. Commands that the host answers at once work here,
/// too.
final class AskPrompt: Sendable {
    private struct State {
        var ask: JSON?
        var typing: Task<Void, Never>?
    }

    private let talk: ChatTalk
    private let editor: LineEditor
    private let state = Protected(State())

    init(_ talk: ChatTalk, editor: LineEditor) {
        self.talk = talk
        self.editor = editor
    }

    /// Asks for the answer to this ask, which is shown already.
    func take(_ ask: JSON) {
        // Unstructured: it ends with the next frame, which its caller waits for.
        let typing = Task { await self.type(for: ask) }
        self.state.withLock { $0 = State(ask: ask, typing: typing) }
    }

    /// Ends the typing, for other output.
    func pause() async {
        let typing = self.state.withLock { $0.typing.take() }
        typing?.cancel()
        await typing?.value
    }

    /// Asks again, if something else was shown and nobody has answered meanwhile.
    func resume() async {
        guard let ask = self.state.withLock({ $0.typing == nil ? $0.ask : nil }) else { return }
        let open = try? await self.talk.link.asks(of: self.talk.thread)
        if open?.contains(where: { $0["id"] == ask["id"] }) == true {
            self.take(ask)
        } else {
            self.state.withLock { $0.ask = nil }
        }
    }

    private func type(for ask: JSON) async {
        TypedKeys.show()
        defer { if self.talk.context.output.hasColour { TypedKeys.hide() } }
        let id = ask["id"]?.stringValue ?? ""
        while case .line(let text) = await self.editor.line(
            prompt: ChatInput.prompt("\(id)>", on: self.talk.context.errors))
        {
            do {
                guard try await !self.use(text, for: ask, id: id) else { return }
            } catch {
                try? self.say(self.talk.context.errors.yellow(self.talk.context.errors.shown("\(error)")))
            }
            if Task.isCancelled { return }
        }
    }

    /// Whether the ask is answered now.
    private func use(_ text: String, for ask: JSON, id: String) async throws -> Bool {
        guard text.contains(where: { !$0.isWhitespace }) else { return false }
        let link = self.talk.link
        if text.hasPrefix("/") {
            let operation = try await link.send(text, in: self.talk.thread)
            guard try await link.operation(operation)["state"]?.stringValue != "queued" else {
                try self.say("That comes after the answer.")
                return false
            }
            _ = try await link.follow(operation) { frame in
                if frame.isLast { try self.say(self.talk.context.errors.note(frame.content)) }
            }
            return false
        }
        guard let answer = AskReply.answer(text, to: ask) else {
            try self.say("Type a letter, yes or no; commands such as /status work, too.")
            return false
        }
        // The next frame says how it ended.
        _ = try await link.answer(id, with: answer.key, reason: answer.words)
        return true
    }

    private func say(_ line: String) throws { try self.talk.context.errors.writeLine(line) }
}
