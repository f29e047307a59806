internal import Chat
internal import Delivery
internal import Etiquette
internal import Joining
internal import Models
internal import People
internal import Primitives
internal import Store
internal import Threads

/// How a message is answered at once.
struct Response: Sendable {
    /// Markdown.
    let text: String
    var buttons: [MessageButton] = []
    /// False when something else in the room says it already; the transcript has it in any case.
    var isPosted = true
    /// Outbox entries that the answer has caused, sent before it.
    var items: [OutboxItem] = []
    /// The message is about something in the thread, and does not change where the thread's answers go.
    var keepsRoute = false
    /// The asks that the message has ended.
    var ended: [AskRecord] = []
}

/// The commands that are answered at once, and how.
extension Conversation {
    func perform(_ name: CommandName, argument: String, for stored: StoredMessage) async throws -> Submission? {
        if name == .pair { return try await self.pair(argument, for: stored) }
        let sign = self.sign(of: stored.message.route)
        guard let role = stored.role, role >= name.role else {
            return try await self.reply(
                to: stored, with: CommandTexts.needsRole(name, held: stored.role, sign: sign))
        }
        if name.changesThread(argument), role < .member, let owner = try await self.storedSession()?.owner,
            !ThreadVisitor(identity: stored.message.sender.id, role: role).began(threadOf: owner)
        {
            return try await self.reply(to: stored, with: CommandTexts.notYourThread(name, sign: sign))
        }
        let replies = CommandReplies(context: self.context, key: self.key, stored: stored, role: role, sign: sign)
        switch name {
        case .help:
            let isByLine = !self.context.adapters.traits(of: stored.message.route.room).isMultiline
            return try await self.reply(
                to: stored, with: CommandTexts.help(about: argument, role: role, sign: sign, isByLine: isByLine))
        case .pair: return try await self.pair(argument, for: stored)
        case .new: return try await self.startOver(stored)
        case .stop: return try await self.stop(argument, for: stored, sign: sign)
        case .status: return try await self.status(stored, replies)
        case .steer: return try await self.steer(argument, for: stored, sign: sign)
        case .resume: return try await self.resume(stored)
        case .redo: return try await self.redo(stored)
        case .jobs: return try await self.jobs(argument, for: stored, sign: sign)
        case .login: return try await self.signIn(argument, for: stored, sign: sign)
        case .approve, .deny: return try await self.answer(name, argument, for: stored)
        case .whoami: return try await self.reply(to: stored, replies.whoami())
        case .model: return try await self.reply(to: stored, replies.model(argument))
        case .models: return try await self.reply(to: stored, replies.models())
        case .usage: return try await self.reply(to: stored, replies.usage())
        case .budget: return try await self.reply(to: stored, replies.budget(argument))
        case .report: return try await self.reply(to: stored, replies.report(argument))
        case .rate: return try await self.reply(to: stored, replies.rate(argument))
        case .comment: return try await self.reply(to: stored, replies.comment(argument))
        case .persona: return try await self.reply(to: stored, replies.persona(argument))
        case .policy: return try await self.reply(to: stored, replies.policy(argument))
        case .repo:
            return try await self.reply(to: stored, replies.repository(argument) { !self.turns.isFree })
        case .resend: return try await self.resend(stored)
        case .context: return try await self.reply(to: stored, replies.surroundings())
        case .extensions: return try await self.reply(to: stored, replies.extensions())
        case .mute: return try await self.mute(true, for: stored, sign: sign)
        case .unmute: return try await self.mute(false, for: stored, sign: sign)
        case .export: return try await self.export(argument, for: stored, as: role, sign: sign)
        case .kill: return try await self.reply(to: stored, replies.kill(argument))
        case .logout: return try await self.reply(to: stored, replies.logout())
        case .people: return try await self.reply(to: stored, replies.people(argument))
        case .share, .unshare: return try await self.reply(to: stored, replies.share(name, argument))
        case .link, .unlink: return try await self.reply(to: stored, replies.link(name, argument))
        case .skills: return try await self.reply(to: stored, replies.skills())
        case .remember, .memory, .forget: return try await self.reply(to: stored, replies.memory(name, argument))
        case .language:
            let (person, store) = (stored.message.sender.id, self.context.store)
            return try await self.reply(
                to: stored, with: self.environment.language(argument, of: person, in: store, sign))
        case .verify: return try await self.reply(to: stored, replies.verify(argument))
        case .remind, .every, .on: return try await self.schedule(name, argument, for: stored, sign: sign)
        case .schedules: return try await self.schedules(argument, for: stored, sign: sign)
        // A command that is no question, like its answer, which is a file.
        case .say: return try await self.enqueue(stored, kind: .say, text: argument, role: .command)
        case .specify, .run, .diff, .files, .snapshot, .undo, .commit, .constitution, .clarify, .plan, .tasks,
            .analyze, .checklist, .implement, .refine, .spec, .task, .pr, .review, .fix, .workflow,
            .merge:
            guard let kind = TurnKind(rawValue: name.rawValue) else {
                return try await self.reply(to: stored, with: TurnTexts.noWorker)
            }
            return try await self.enqueue(stored, kind: kind, text: argument)
        }
    }

    private func pair(_ code: String, for stored: StoredMessage) async throws -> Submission? {
        let sender = stored.message.sender
        let held = self.context.access.role(of: sender)
        let (access, network) = (self.context.access, stored.message.route.room.adapter)
        if let held, let who = PairingWords.person(in: code) {
            let replies = CommandReplies(
                context: self.context, key: self.key, stored: stored, role: held,
                sign: self.sign(of: stored.message.route))
            return try await self.reply(to: stored, replies.addBrowser(of: who))
        }
        guard access.isPairingAllowed else { return try await self.finish(stored.number) }
        // A browser's role is that of its sign-in, which a grant to its identity would not change.
        if stored.message.thread.adapter == Place.webAdapter, access.mayPair(sender, on: network),
            try await access.isCode(code)
        {
            return try await self.reply(to: stored, with: CommandTexts.pairsAtSignIn)
        }
        switch try await access.pair(sender, on: network, code: code) {
        case .paired(let role):
            let sighting = self.context.access.sightings.sighting(of: stored.message, at: self.environment.now())
            let text = CommandTexts.paired(as: role, isLasting: sender.isLasting)
            return try await self.reply(to: stored, with: text) { ledger, _ in try sighting?.write(to: ledger) }
        // A stranger's wrong code gets no reply, which would hint that there is something to guess.
        case .wrongCode where held != nil: return try await self.reply(to: stored, with: CommandTexts.wrongCode)
        case .wrongCode, .paused: return try await self.finish(stored.number)
        }
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

    private func status(_ stored: StoredMessage, _ replies: CommandReplies) async throws -> Submission? {
        let sign = replies.sign
        let session = try await self.storedSession()
        let now = self.environment.now()
        let times = self.context.adapters.traits(of: stored.message.route.room).times
        let id = session?.id
        let asks = try await self.context.store.read { ledger in try id.map { try ledger.openAsks(of: $0) } ?? [] }
        let models = self.context.models
        let model = session?.model.map(models.fullName) ?? self.context.usualModel(of: session?.persona)
        let running = self.running.map { running in
            (running.turn.kind, Int((ContinuousClock.now - running.startedAt) / .seconds(1)))
        }
        var details: [String] = []
        if replies.role >= .member {
            let person = stored.message.sender.id
            details = await self.context.repositories.status(id ?? "", session?.repository, person)
        }
        let text = CommandTexts.status(
            running: running, waiting: self.turns.waiting.count, model: model, provider: models.provider(of: model),
            quota: try await models.quotaLines().map(sign.completing),
            repository: session?.repository ?? self.environment.settings.repositories.first, session: session?.id,
            details: details, jail: self.context.desk?.jail,
            asks: asks.filter { $0.expiresAt > now }.map { AskTexts.statusLine($0, as: times, at: now) },
            account: await replies.accountLine())
        return try await self.reply(to: stored, with: text)
    }

    private func resume(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let (last, isContinued) = try await self.context.store.read { ledger -> (TurnRecord?, Bool) in
            guard let session = try ledger.session(for: key), let last = try ledger.lastAnswer(of: session.id) else {
                return (nil, false)
            }
            return (last, try ledger.isContinued(session.id))
        }
        guard let last, last.state != .complete, !last.kind.isWork else {
            return try await self.reply(to: stored, with: CommandTexts.nothingToResume)
        }
        let needed = last.kind.role
        guard let role = stored.role, role >= needed else {
            return try await self.reply(
                to: stored, with: CommandTexts.resumeNeedsRole(last.kind, needed, held: stored.role))
        }
        if last.isLeftOut { return try await self.reply(to: stored, with: CommandTexts.cannotResume) }
        // People press buttons twice.
        if isContinued { return try await self.reply(to: stored, with: CommandTexts.alreadyResumed) }
        return try await self.enqueue(stored, kind: last.kind, text: last.text, work: last.work, role: .command)
    }

    /// Posts the last answer again, as an answer: of a long one the beginning, with the whole as a file or behind a link.
    private func resend(_ stored: StoredMessage) async throws -> Submission? {
        let key = self.key
        let last = try await self.context.store.read { ledger in
            try ledger.session(for: key).flatMap { try ledger.lastAnswerMessage(of: $0.id) }
        }
        guard let last else { return try await self.reply(to: stored, with: CommandTexts.nothingToResend) }
        let now = self.environment.now()
        let route = stored.message.route
        var poster = self.poster(for: route)
        let messages = poster.rest(of: Array(last.text.utf8))
        let link = TurnTexts.wholeAnswer(at: "\(self.environment.settings.publicURL)/a/\(last.id)")
        let links = poster.isShortened ? poster.messages(for: link) : []
        let isUploading = poster.isShortened && self.mayUpload(last.text.utf8.count, to: route.room)
        // The transcript has the answer already, and must not grow by it each time.
        let text = last.text.utf8.count > Self.commandLimit ? link : last.text
        return try await self.respond(to: stored) { ledger, session in
            var items = try (isUploading ? messages : messages + links).map {
                try ledger.insertOutbox(
                    session: session.id, turn: nil, kind: .final, route: route, text: $0, at: now)
            }
            if isUploading, let line = links.first {
                items.append(
                    try ledger.insertOutbox(
                        session: session.id, turn: nil, kind: .file, route: route, text: line, message: last.id,
                        at: now))
            }
            return Response(text: text, isPosted: false, items: items)
        }.submission
    }

    /// Passes a word to the running turn.
    private func steer(_ text: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard !text.isEmpty else { return try await self.reply(to: stored, with: PersonaTexts.steerUsage(sign)) }
        let session = self.running?.turn.session
        let author = stored.message.sender.displayName
        let isTaken = session.map { self.context.agent?.steer(text, author, $0) ?? false } ?? false
        return try await self.reply(
            to: stored, with: isTaken ? PersonaTexts.steered : PersonaTexts.nothingToSteer(sign))
    }

    /// `login`: a person's own account at GitHub.
    private func signIn(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let message = stored.message
        guard argument.isEmpty else {
            let text = SignInTexts.pastedToken(page: self.context.accounts?.tokensPage, sign: sign)
            return try await self.reply(to: stored, with: text)
        }
        guard message.isDirect else {
            return try await self.reply(to: stored, with: SignInTexts.onlyDirect(.login, sign: sign))
        }
        guard let accounts = self.context.accounts else {
            return try await self.reply(to: stored, with: SignInTexts.unavailable)
        }
        guard message.sender.isLasting else {
            return try await self.reply(to: stored, with: SignInTexts.needsAccount(sign: sign))
        }
        let person = message.sender.id
        switch await accounts.invite(person) {
        case .failed(let text): return try await self.reply(to: stored, with: sign.completing(text))
        case .code(let id, let code, let address, let lifetime):
            let now = self.environment.now()
            let text = SignInTexts.invitation(code: code, address: address, lifetime: lifetime)
            let submission = try await self.reply(to: stored, with: text) { ledger, session in
                try ledger.insert(PersonSignIn(id: id, person: person, session: session.id), at: now)
            }
            if let session = try await self.storedSession() {
                await accounts.wait(for: PersonSignIn(id: id, person: person, session: session.id))
            }
            return submission
        }
    }

    // MARK: Jobs

    private static let mostFollowed = 4

    private func jobs(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard let desk = self.context.desk, let session = try await self.storedSession() else {
            return try await self.reply(to: stored, with: JobTexts.none)
        }
        guard !argument.isEmpty else {
            let jobs = try await desk.jobs(of: session.id)
            return try await self.reply(
                to: stored, with: JobTexts.list(jobs, now: self.environment.now(), sign: sign))
        }
        guard let job = try await desk.job(argument, of: session.id) else {
            return try await self.reply(to: stored, with: JobTexts.unknown(argument, sign: sign))
        }
        var shown = OutputComposerTail(lines: 15, bytes: 2_000)
        let progress = try await desk.progress(of: job.id, in: session.id, after: 0, isWaiting: false)
        shown.append(progress.output)
        let text = JobTexts.followed(job, shown.markdown, ending: progress.ending ?? job.ending, sign: sign)
        let poster = self.poster(for: stored.message.route)
        // Each message that follows stores what the job writes once more.
        let mayFollow = self.followers.count < Self.mostFollowed && !self.followers.values.contains { $0.job == job.id }
        guard progress.ending == nil, job.state == .running, poster.canFollow, mayFollow else {
            return try await self.reply(to: stored, with: text)
        }
        return try await self.follow(job, of: session, for: stored, shown, progress, by: desk)
    }

    /// Shows a running job in one message until it ends. The message is an operation that is complete from the start:
    /// following changes nothing, and a restart ends it with the job.
    private func follow(
        _ job: Job, of session: SessionRecord, for stored: StoredMessage, _ shown: OutputComposerTail,
        _ first: JobProgress, by desk: any CommandDesk
    ) async throws -> Submission? {
        let now = self.environment.now()
        let id = Identifier.make("op")
        let message = stored.message
        let (turn, number) = try await self.durably { ledger in
            let asked = try ledger.insertMessage(
                session: session.id, turn: id, role: .command, author: message.author, text: message.text,
                at: now)
            let turn = TurnRecord(
                id: id, session: session.id, kind: .command, work: id, text: "", sender: message.sender,
                route: message.route, message: asked, state: .complete, attempts: 1, queuedAt: now, startedAt: now,
                endedAt: now)
            try ledger.insert(turn)
            try ledger.finishEvent(stored.number, turn: id)
            return (turn, asked)
        }
        await self.context.hub.begin(turn.id, session: session.id, in: self.hold)
        let follower = JobFollower(
            conversation: self, context: self.context, job: job, turn: turn, desk: desk,
            poster: self.poster(for: turn.route), sign: self.sign(of: turn.route))
        // Ends with the job, or when the thread's `stop` or the host's end cancels it.
        let following = Task {
            await follower.run(shown, first.output, from: first.position)
            self.followers[turn.id] = nil
        }
        self.followers[turn.id] = (job.id, following)
        return Submission(message: number, operation: turn.id)
    }

    /// Ends the messages that follow jobs; the jobs go on.
    func stopFollowing() {
        for follower in self.followers.values { follower.task.cancel() }
    }

    // MARK: Replies

    private func reply(to stored: StoredMessage, _ reply: CommandReplies.Reply) async throws -> Submission? {
        guard let change = reply.change else { return try await self.reply(to: stored, with: reply.text) }
        return try await self.reply(to: stored, with: reply.text) { _, session in change(&session) }
    }

    /// Answers a message at once: the command, its reply and the end of its inbox entry are one transaction.
    @discardableResult
    func reply(
        to stored: StoredMessage, with text: String, offering buttons: [MessageButton] = [],
        withdrawingButtons isWithdrawing: Bool = false,
        changing change: (@Sendable (Ledger, inout SessionRecord) throws -> Void)? = nil
    ) async throws -> Submission? {
        let now = self.environment.now()
        let adapters = self.context.adapters
        return try await self.respond(to: stored) { ledger, session in
            try change?(ledger, &session)
            let withdrawn =
                isWithdrawing
                ? try ledger.withdrawButtons(of: session.id, at: now, whereShown: adapters.showButtons) : []
            return Response(text: text, buttons: buttons, items: withdrawn)
        }.submission
    }

    /// Bytes of a message that is answered at once, also of a refused question, which is not stored whole.
    private static let commandLimit = 16 << 10

    /// Like ``reply(to:with:offering:withdrawingButtons:changing:)``, for an answer that depends on what is stored.
    func respond(
        to stored: StoredMessage, with body: @escaping @Sendable (Ledger, inout SessionRecord) throws -> Response
    ) async throws -> (submission: Submission?, response: Response) {
        let now = self.environment.now()
        let id = Identifier.make("op")
        let message = stored.message
        let text = message.text.beginning(bytes: Self.commandLimit)
        let poster = self.poster(for: message.route)
        let key = self.key
        let (turn, response, items, frames) = try await self.durably { ledger in
            var session = try ledger.session(
                for: key, route: message.route, owner: message.sender.id, title: "", at: now)
            session.activeAt = now
            let asked = try ledger.insertMessage(
                session: session.id, turn: id, role: .command, author: message.author,
                text: text, at: now)
            let response = try body(ledger, &session)
            try ledger.insertion(session: session.id, turn: id, role: .note, text: response.text, at: now)
            if !response.keepsRoute { session.route = message.route }
            try ledger.update(session)
            let turn = TurnRecord(
                id: id, session: session.id, kind: .command, work: id, text: "", sender: message.sender,
                route: message.route, message: asked, state: .complete, attempts: 1, queuedAt: now, startedAt: now,
                endedAt: now)
            try ledger.insertion(of: turn)
            let frames = [
                LiveFrame(operation: id, sequence: 1, kind: .execution, content: response.text, timestamp: now),
                LiveFrame(operation: id, sequence: 2, kind: .complete, content: response.text, timestamp: now),
            ]
            try ledger.insert(frames)
            let lines = response.isPosted ? poster.lines(for: response.text, offering: response.buttons) : []
            let insertions = try lines.map {
                try ledger.outboxInsertion(
                    session: session.id, turn: id, kind: .note, route: message.route, text: $0.text,
                    buttons: $0.buttons, at: now)
            }
            try ledger.finishEvent(stored.number, turn: id)
            return (turn, response, try response.items + insertions.map { try $0() }, frames)
        }
        FaultPoint.commandAnswered.hit()
        self.admit(response.ended)
        await self.context.hub.begin(id, session: turn.session, in: self.hold)
        await self.context.hub.publish(frames)
        await self.context.lanes.dispatch(items)
        return (Submission(message: turn.message ?? 0, operation: id), response)
    }
}
