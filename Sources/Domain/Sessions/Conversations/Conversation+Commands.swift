internal import Chat

/// The commands that are answered at once.
extension Conversation {
    func perform(_ name: CommandName, argument: String, for stored: StoredMessage) async throws -> Submission? {
        if name == .pair { return try await self.pair(argument, for: stored) }
        let sign = self.sign(of: stored.message.route)
        guard let role = stored.role, role >= name.role else {
            return try await self.reply(
                to: stored, with: CommandTexts.needsRole(name, held: stored.role, sign: sign))
        }
        switch name {
        case .help:
            return try await self.reply(to: stored, with: CommandTexts.help(about: argument, role: role, sign: sign))
        case .new: return try await self.startOver(stored)
        case .stop: return try await self.stop(argument, for: stored, sign: sign)
        case .status: return try await self.status(stored, sign: sign)
        case .whoami:
            let account = await self.accountLine(for: stored).map { " \($0)." } ?? ""
            return try await self.reply(
                to: stored, with: CommandTexts.whoami(stored.message.sender, role: role) + account)
        case .model: return try await self.chooseModel(argument, for: stored, sign: sign)
        case .models: return try await self.listModels(stored, sign: sign)
        case .usage: return try await self.usage(stored, sign: sign)
        case .repo: return try await self.chooseRepository(argument, for: stored, as: role, sign: sign)
        case .persona: return try await self.choosePersona(argument, for: stored, sign: sign)
        case .policy: return try await self.explain(argument, for: stored, as: role, sign: sign)
        case .steer: return try await self.steer(argument, for: stored, sign: sign)
        case .resend: return try await self.resend(stored)
        case .resume: return try await self.resume(stored)
        case .specify, .run, .diff, .files, .snapshot, .undo, .commit, .constitution, .clarify, .plan, .tasks,
            .analyze, .checklist, .implement, .refine, .spec, .pr, .review, .fix, .workflow:
            return try await self.enqueue(stored, kind: name.rawValue, text: argument)
        case .jobs: return try await self.jobs(argument, for: stored, sign: sign)
        case .kill: return try await self.kill(argument, for: stored, sign: sign)
        case .login: return try await self.signIn(argument, for: stored, sign: sign)
        case .logout: return try await self.signOut(stored, sign: sign)
        case .approve, .deny: return try await self.answer(name, argument, for: stored)
        default: return try await self.reply(to: stored, with: CommandTexts.notInThisRelease(name, sign: sign))
        }
    }

    private func pair(_ code: String, for stored: StoredMessage) async throws -> Submission? {
        let sender = stored.message.sender
        let held = self.context.access.role(of: sender)
        guard self.context.access.isPairingAllowed else { return try await self.ignore(stored) }
        switch try await self.context.access.pair(sender, on: stored.message.route.room.adapter, code: code) {
        case .paired(let role):
            return try await self.reply(to: stored, with: CommandTexts.paired(as: role, isLasting: sender.isLasting))
        // A stranger's wrong code gets no reply, which would hint that there is something to guess.
        case .wrongCode where held != nil: return try await self.reply(to: stored, with: CommandTexts.wrongCode)
        case .wrongCode, .paused: return try await self.ignore(stored)
        }
    }

    private func ignore(_ stored: StoredMessage) async throws -> Submission? {
        try await self.durably { ledger in try ledger.finishEvent(stored.number, turn: nil) }
        return nil
    }

    private func startOver(_ stored: StoredMessage) async throws -> Submission? {
        let now = self.environment.now()
        let desk = self.desk
        let adapters = self.context.adapters
        let (submission, response) = try await self.respond(to: stored) { ledger, session in
            let withdrawn = try ledger.withdrawButtons(of: session.id, at: now, whereShown: adapters.showButtons)
            // What they would begin belongs to the old session.
            let closed = try desk.closeParked(of: session.id, by: stored.message.sender, in: ledger, at: now)
            session.epoch = try ledger.lastPlace(of: session.id)
            session.summary = nil
            try ledger.endStanding(of: session.id)
            if !session.isNamed { session.title = "" }
            return Response(text: CommandTexts.newSession, items: withdrawn + closed.items, ended: closed.asks)
        }
        self.conclude(response.ended)
        return submission
    }

    func storedSession() async throws -> SessionRecord? {
        let key = self.key
        return try await self.context.store.read { ledger in try ledger.session(for: key) }
    }

    private func status(_ stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let session = try await self.storedSession()
        let now = self.environment.now()
        let id = session?.id
        let asks = try await self.context.store.read { ledger in try id.map { try ledger.openAsks(of: $0) } ?? [] }
        let models = self.context.models
        let running = self.running.map { running in
            (running.turn.kind, Int((ContinuousClock.now - running.startedAt) / .seconds(1)))
        }
        var details: [String] = []
        if let role = stored.role, role >= .member {
            let person = stored.message.sender.id
            details = await self.environment.repositoryStatus(id ?? "", session?.repository, person)
        }
        let text = CommandTexts.status(
            running: running, waiting: self.queue.count, model: session?.model ?? models.defaultModel,
            provider: models.provider, quota: try await models.quotaLines().map(sign.completing),
            repository: session?.repository ?? self.environment.settings.repositories.first, session: session?.id,
            details: details, jail: self.context.desk?.jail, asks: asks.filter { $0.expiresAt > now },
            account: await self.accountLine(for: stored))
        return try await self.reply(to: stored, with: text)
    }

    private func listModels(_ stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let choices: [ModelChoice]
        do { choices = try await self.context.models.listInTime() } catch {
            return try await self.reply(to: stored, with: CommandTexts.modelsUnavailable(error, sign: sign))
        }
        let text = CommandTexts.models(choices, default: self.context.models.defaultModel, sign: sign)
        return try await self.reply(to: stored, with: text)
    }

    private func chooseModel(
        _ name: String, for stored: StoredMessage, sign: CommandSign
    ) async throws -> Submission? {
        guard !name.isEmpty else {
            let current = try await self.storedSession()?.model ?? self.context.models.defaultModel
            return try await self.reply(to: stored, with: CommandTexts.currentModel(current, sign: sign))
        }
        let choices: [String]
        do { choices = try await self.context.models.listInTime().map(\.id) } catch {
            return try await self.reply(to: stored, with: CommandTexts.modelUnavailable(name, error, sign: sign))
        }
        guard choices.contains(name) else {
            return try await self.reply(
                to: stored, with: CommandTexts.unknownModel(name, among: choices, sign: sign))
        }
        let chosen = name == self.context.models.defaultModel ? nil : name
        return try await self.reply(to: stored, with: CommandTexts.modelIsChosen(name)) { _, session in
            session.model = chosen
        }
    }

    private func chooseRepository(
        _ name: String, for stored: StoredMessage, as role: Role, sign: CommandSign
    ) async throws -> Submission? {
        let names = self.environment.settings.repositories
        guard !name.isEmpty else {
            let text = CommandTexts.repositories(names, canList: role >= .member, sign: sign)
            return try await self.reply(to: stored, with: text)
        }
        if !names.contains(name), let listing = RepositoryListing(name) {
            guard role >= .member else {
                return try await self.reply(to: stored, with: CommandTexts.listingNeedsMember)
            }
            let repository = try await self.storedSession()?.repository
            let page = await self.environment.repositoryListing(listing, repository, stored.message.sender.id)
            return try await self.reply(to: stored, with: CommandTexts.listing(page, of: listing, sign: sign))
        }
        guard names.contains(name) else {
            return try await self.reply(to: stored, with: CommandTexts.unknownRepository(name, among: names))
        }
        let session = try await self.storedSession()
        // A running answer would suddenly work on another repository's files. Checked first, because the check below
        // waits for a checkout in progress.
        if self.running != nil || self.isBeginning, session?.repository ?? names.first != name {
            let obstacle = CommandTexts.answerHoldsRepository(name)
            return try await self.reply(to: stored, with: sign.completing(CommandTexts.repositoryIsNotChosen(obstacle)))
        }
        if let session,
            let obstacle = await self.context.desk?.obstacle(
                to: name, from: session.repository ?? names.first, in: session.id)
        {
            return try await self.reply(to: stored, with: sign.completing(CommandTexts.repositoryIsNotChosen(obstacle)))
        }
        return try await self.reply(to: stored, with: CommandTexts.repositoryIsChosen(name)) { _, session in
            // Features belong to a repository.
            if session.repository != name { session.feature = nil }
            session.repository = name
        }
    }

    private func usage(_ stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let key = self.key
        let rows = try await self.context.store.read { ledger in
            try ledger.session(for: key).map { try ledger.usage(of: $0.id) } ?? []
        }
        let models = self.context.models
        let quota = try await models.quotaLines().map(sign.completing)
        return try await self.reply(
            to: stored, with: CommandTexts.usage(rows, provider: models.provider, quota: quota))
    }

    private func resend(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let answer = try await self.context.store.read { ledger -> String? in
            guard let session = try ledger.session(for: key) else { return nil }
            return try ledger.lastAnswerText(of: session.id)
        }
        return try await self.reply(to: stored, with: answer ?? CommandTexts.nothingToResend)
    }

    private func resume(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let (last, isContinued) = try await self.context.store.read { ledger -> (TurnRecord?, Bool) in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return (nil, false)
            }
            return (last, try ledger.isContinued(session.id))
        }
        guard let last, last.state != .complete, !CommandName.isWork(last.kind) else {
            return try await self.reply(to: stored, with: CommandTexts.nothingToResume)
        }
        if last.isLeftOut { return try await self.reply(to: stored, with: CommandTexts.cannotResume) }
        // People press buttons twice.
        if isContinued { return try await self.reply(to: stored, with: CommandTexts.alreadyResumed) }
        return try await self.enqueue(stored, kind: last.kind, text: last.text, work: last.work, role: .command)
    }
}
