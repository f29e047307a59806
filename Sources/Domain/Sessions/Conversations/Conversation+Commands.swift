internal import Chat

/// The commands that are answered at once.
extension Conversation {
    func perform(
        _ name: CommandName, argument: String, for stored: StoredMessage, role: Role?, sign: String
    ) async throws -> Submission? {
        if name == .pair { return try await self.pair(argument, for: stored) }
        guard let role, role >= name.role else {
            return try await self.reply(
                to: stored,
                with:
                    "`\(sign)\(name.rawValue)` needs the role \(name.role.rawValue); you are a \(role?.rawValue ?? "stranger"). "
                    + "An owner can give you a code for `\(sign)pair`.")
        }
        switch name {
        case .help:
            return try await self.reply(to: stored, with: HelpText.text(about: argument, role: role, sign: sign))
        case .new: return try await self.startAfresh(stored)
        case .stop: return try await self.stop(argument, for: stored)
        case .status: return try await self.status(stored)
        case .whoami: return try await self.whoami(stored, role: role)
        case .model: return try await self.chooseModel(argument, for: stored, sign: sign)
        case .models: return try await self.listModels(stored, sign: sign)
        case .usage: return try await self.usage(stored)
        case .repo: return try await self.chooseRepository(argument, for: stored, sign: sign)
        case .resend: return try await self.resend(stored)
        case .resume: return try await self.resume(stored)
        case .specify: return try await self.enqueue(stored, kind: name.rawValue, text: argument)
        case .approve, .deny:
            return try await self.reply(
                to: stored, with: "Nothing waits for approval here; what would need one is denied in this release.")
        default:
            return try await self.reply(
                to: stored,
                with: "`\(sign)\(name.rawValue)` is not part of this release. `\(sign)help` lists what is.")
        }
    }

    private func pair(_ code: String, for stored: StoredMessage) async throws -> Submission? {
        let sender = stored.message.sender
        let held = self.context.access.role(of: sender)
        guard self.context.access.isPairingAllowed, self.context.access.mayPair(sender.id) else {
            return try await self.ignore(stored)
        }
        guard let role = try await self.context.access.pair(sender, code: code) else {
            // A stranger's wrong code gets nothing: no hint that there is something to guess.
            guard held != nil else { return try await self.ignore(stored) }
            return try await self.reply(
                to: stored,
                with: "That code does not work: it is mistyped, used or older than an hour. Ask an owner for another.")
        }
        let until = sender.isLasting ? "" : " for as long as you stay connected"
        return try await self.reply(
            to: stored, with: "Paired: you are \(role == .owner ? "an" : "a") \(role.rawValue) now\(until).")
    }

    private func ignore(_ stored: StoredMessage) async throws -> Submission? {
        try await self.durably { ledger in try ledger.finishEvent(stored.number, turn: nil) }
        return nil
    }

    private func startAfresh(_ stored: StoredMessage) async throws -> Submission? {
        try await self.reply(to: stored, with: "A new session: what was said before is left behind.") {
            ledger, session in
            session.epoch = try ledger.lastPlace(of: session.id)
            session.summary = nil
            session.title = ""
        }
    }

    private func stop(_ argument: String, for stored: StoredMessage) async throws -> Submission? {
        var text = "Nothing is running."
        var buttons: [MessageButton] = []
        if self.running == nil, try await self.dropUnsent() {
            text = "Stopped: the rest of the answer is not posted. `resend` posts it again."
        }
        if let running = self.running {
            self.end(running.turn.id, because: .stopped)
            let sign = self.context.adapters.traits(of: stored.message.route.room).commandPrefix
            text = "Stopped. `\(sign)resume` goes on with the answer."
            buttons = [TurnOutcome.goOn]
        }
        let dropped = argument.lowercased() == "all" ? self.queue : []
        if !dropped.isEmpty {
            self.queue = []
            text +=
                dropped.count == 1
                ? " 1 waiting message was dropped." : " \(dropped.count) waiting messages were dropped."
        } else if !self.queue.isEmpty {
            text += self.queue.count == 1 ? " 1 message still waits;" : " \(self.queue.count) messages still wait;"
            text += " `stop all` drops them."
        }
        // What a draft showed becomes a message with the turn's end, and stands above the line that says so.
        if let running = self.running, running.poster.isDrafting { await self.waitForEnd(of: running.turn.id) }
        let now = self.environment.now()
        var frames: [LiveFrame] = []
        for turn in dropped { self.context.marks.set(false, on: turn.route) }
        for turn in dropped { frames += await self.context.hub.close(turn.id, with: .error, "Stopped.") }
        let last = frames
        let submission = try await self.reply(to: stored, with: text, offering: buttons) { ledger, _ in
            for turn in dropped { try ledger.end(turn.id, .stopped, error: "Stopped.", at: now) }
            try ledger.insert(last)
        }
        await self.context.hub.publish(frames)
        return submission
    }

    /// Drops what a finished answer has not sent yet. Returns whether there was anything.
    private func dropUnsent() async throws -> Bool {
        let key = self.key
        return try await self.durably { ledger in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return false
            }
            return try !ledger.dropPending(ofTurn: last.id, keeping: 0).isEmpty
        }
    }

    private func status(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let session = try await self.context.store.read { ledger in try ledger.session(for: key) }
        var lines: [String] = []
        if let running = self.running {
            let seconds = Int((ContinuousClock.now - running.startedAt) / .seconds(1))
            lines.append("- running: `\(running.turn.kind)` for \(seconds) s")
        } else {
            lines.append("- running: nothing")
        }
        lines.append("- waiting: \(self.queue.count)")
        lines.append("- model: \(session?.model ?? self.context.models.defaultModel) (\(self.context.models.provider))")
        lines += try await self.context.models.quotaLines().map { "- \($0)" }
        lines.append("- repository: \(session?.repository ?? self.environment.settings.repositories.first ?? "none")")
        lines.append("- session: \(session?.id ?? "none yet")")
        return try await self.reply(to: stored, with: lines.joined(separator: "\n"))
    }

    private func whoami(_ stored: StoredMessage, role: Role) async throws -> Submission? {
        let sender = stored.message.sender
        let identities = sender.identities.map { "`\($0.value)`" }.joined(separator: ", ")
        return try await self.reply(
            to: stored, with: "You are `\(sender.id)`, role \(role.rawValue). I know you by: \(identities).")
    }

    private func listModels(_ stored: StoredMessage, sign: String) async throws -> Submission? {
        let choices: [ModelChoice]
        do { choices = try await self.context.models.list() } catch {
            return try await self.reply(to: stored, with: "The models cannot be listed: \(error)")
        }
        let lines = choices.map { choice in
            "- `\(choice.id)`\(choice.detail.isEmpty ? "" : ": \(choice.detail)")\(choice.id == self.context.models.defaultModel ? " (default)" : "")"
        }
        return try await self.reply(
            to: stored, with: (lines + ["", "Choose with `\(sign)model NAME`."]).joined(separator: "\n"))
    }

    private func chooseModel(_ name: String, for stored: StoredMessage, sign: String) async throws -> Submission? {
        guard !name.isEmpty else {
            let key = self.key
            let session = try await self.context.store.read { ledger in try ledger.session(for: key) }
            let current = session?.model ?? self.context.models.defaultModel
            return try await self.reply(
                to: stored,
                with:
                    "The model of this thread is `\(current)`. `\(sign)models` lists them, `\(sign)model NAME` chooses one."
            )
        }
        let choices: [String]
        do { choices = try await self.context.models.list().map(\.id) } catch {
            return try await self.reply(
                to: stored, with: "The models cannot be listed, so `\(name)` cannot be chosen: \(error)")
        }
        guard choices.contains(name) else {
            let near = choices.sorted { EditDistance.between(name, $0) < EditDistance.between(name, $1) }.prefix(3)
            return try await self.reply(
                to: stored,
                with:
                    "There is no model `\(name)`. Nearest: \(near.map { "`\($0)`" }.joined(separator: ", ")). `\(sign)models` lists them all."
            )
        }
        let chosen = name == self.context.models.defaultModel ? nil : name
        return try await self.reply(to: stored, with: "From now on this thread uses `\(name)`.") { _, session in
            session.model = chosen
        }
    }

    private func chooseRepository(_ name: String, for stored: StoredMessage, sign: String) async throws
        -> Submission?
    {
        let names = self.environment.settings.repositories
        guard !name.isEmpty else {
            let list = names.map { "`\($0)`" }.joined(separator: ", ")
            return try await self.reply(
                to: stored,
                with: names.isEmpty
                    ? "No repository is configured." : "Repositories: \(list). The first is the default.")
        }
        guard names.contains(name) else {
            let near = names.min { EditDistance.between(name, $0) < EditDistance.between(name, $1) }
            return try await self.reply(
                to: stored, with: "There is no repository `\(name)`.\(near.map { " Did you mean `\($0)`?" } ?? "")")
        }
        return try await self.reply(to: stored, with: "From now on this thread works in `\(name)`.") { _, session in
            session.repository = name
        }
    }

    private func usage(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let rows = try await self.context.store.read { ledger in
            try ledger.session(for: key).map { try ledger.usage(of: $0.id) } ?? []
        }
        let lines = rows.map { row in
            "- \(row.model): \(row.turns) turns, \(row.input) tokens in, \(row.output) tokens out"
        }
        let used = lines.isEmpty ? ["No tokens were used in this thread yet."] : lines
        let left = try await self.context.models.quotaLines()
        let account =
            left.isEmpty ? [] : ["", "The account (\(self.context.models.provider)):"] + left.map { "- \($0)" }
        return try await self.reply(to: stored, with: (used + account).joined(separator: "\n"))
    }

    private func resend(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let answer = try await self.context.store.read { ledger -> String? in
            guard let session = try ledger.session(for: key) else { return nil }
            return try ledger.lastAnswerText(of: session.id)
        }
        return try await self.reply(to: stored, with: answer ?? "There is no answer to post again.")
    }

    private func resume(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let (last, isGoingOn) = try await self.context.store.read { ledger -> (TurnRecord?, Bool) in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return (nil, false)
            }
            return (last, try ledger.openTurns(of: session.id).contains { $0.work == last.work })
        }
        guard let last, last.state != .complete else {
            return try await self.reply(to: stored, with: "There is no cut answer to go on with.")
        }
        // Buttons are pressed twice.
        if isGoingOn { return try await self.reply(to: stored, with: "The answer is being gone on with already.") }
        return try await self.enqueue(stored, kind: last.kind, text: last.text, work: last.work, role: .command)
    }
}
