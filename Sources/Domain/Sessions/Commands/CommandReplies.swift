internal import Analytics
internal import Chat
internal import Delivery
internal import Etiquette
internal import Memory
internal import Models
internal import People
internal import Primitives
internal import Store
internal import Surroundings
internal import Threads

/// The replies to commands that need nothing of what the thread is doing: they read and change what is stored.
struct CommandReplies: Sendable {
    /// A reply, and what it changes in the thread's session.
    struct Reply: Sendable {
        /// Markdown.
        let text: String
        let change: (@Sendable (inout SessionRecord) -> Void)?

        init(_ text: String, _ change: (@Sendable (inout SessionRecord) -> Void)? = nil) {
            self.text = text
            self.change = change
        }
    }

    let context: ConversationContext
    let key: ThreadKey
    let stored: StoredMessage
    let role: Role
    let sign: CommandSign

    private func session() async throws -> SessionRecord? {
        let key = self.key
        return try await self.context.store.read { ledger in try ledger.session(for: key) }
    }

    // MARK: Models

    func models() async -> Reply {
        let choices: [ModelInfo]
        do { choices = try await self.context.models.listInTime() } catch {
            return Reply(CommandTexts.modelsUnavailable(error, sign: self.sign))
        }
        let models = self.context.models
        return Reply(
            CommandTexts.models(choices, missing: models.missing(), default: models.defaultModel, sign: self.sign))
    }

    func model(_ name: String) async throws -> Reply {
        let models = self.context.models
        let session = try await self.session()
        let usual = self.context.usualModel(of: session?.persona)
        guard !name.isEmpty else {
            let current = session?.model.map(models.fullName) ?? usual
            return Reply(CommandTexts.currentModel(current, sign: self.sign))
        }
        let choices: [String]
        do { choices = try await models.listInTime().map(\.id) } catch {
            return Reply(CommandTexts.modelUnavailable(name, error, sign: self.sign))
        }
        let model = models.fullName(name)
        guard choices.contains(model) else {
            return Reply(CommandTexts.unknownModel(name, among: choices, sign: self.sign))
        }
        let chosen = model == usual ? nil : model
        return Reply(CommandTexts.modelIsChosen(model)) { $0.model = chosen }
    }

    func usage() async throws -> Reply {
        let prices = self.context.environment.settings.analytics.prices
        let now = self.context.environment.now()
        let session = try await self.session()
        let rows = try await self.context.store.read { ledger in
            try session.map { try ledger.usage(of: $0.id) } ?? []
        }
        let cost = try await self.context.store.read { ledger -> String? in
            guard let session else { return nil }
            let table = try ledger.analytics(
                AnalyticsQuery(0..<now + 1, of: .thread(session.id)), prices: prices)
            return CommandTexts.cost(table.totals, table.currency)
        }
        let models = self.context.models
        let quota = try await models.quotaLines().map(self.sign.completing)
        return Reply(CommandTexts.usage(rows, cost: cost, provider: models.provider(of: nil), quota: quota))
    }

    func surroundings() async throws -> Reply {
        let key = self.key
        let report = try await self.context.store.read { ledger in try ledger.contextReport(of: key) }
        return Reply(report?.text ?? SurroundingsTexts.noAnswer)
    }

    func persona(_ name: String) async throws -> Reply {
        guard let agent = self.context.agent else { return Reply(PersonaTexts.unavailable) }
        let personas = agent.personas()
        let standard = agent.defaultPersona()
        guard !name.isEmpty else {
            let chosen = try await self.session()?.persona
            let current = personas.contains { $0.name == chosen } ? chosen ?? standard : standard
            return Reply(PersonaTexts.personas(personas, current: current, default: standard, sign: self.sign))
        }
        guard personas.contains(where: { $0.name == name }) else {
            return Reply(PersonaTexts.unknownPersona(name, among: personas.map(\.name), sign: self.sign))
        }
        let chosen = name == standard ? nil : name
        return Reply(PersonaTexts.personaIsChosen(name)) { $0.persona = chosen }
    }

    func skills() async throws -> Reply {
        guard let agent = self.context.agent else { return Reply(PersonaTexts.unavailable) }
        return Reply(await agent.skills(try await self.session()?.repository))
    }

    func policy(_ argument: String) async throws -> Reply {
        guard let agent = self.context.agent else { return Reply(PersonaTexts.unavailable) }
        let word = argument.prefix { !$0.isWhitespace }
        let command = argument.dropFirst(word.count).trimmed
        guard word == "explain", !command.isEmpty else { return Reply(PersonaTexts.explainUsage(self.sign)) }
        let session = try await self.session()
        let text = agent.explain(command, self.role, session?.persona, session?.repository)
        return Reply(text)
    }

    func extensions() async throws -> Reply {
        let lines = try await self.context.agent?.extensions() ?? []
        guard !lines.isEmpty else { return Reply(PersonaTexts.noExtensions) }
        return Reply(self.sign.completing(lines.map { "- \($0)" }.joined(separator: "\n")))
    }

    // MARK: Repositories and jobs

    func repository(_ name: String, isBusy: () -> Bool) async throws -> Reply {
        let names = self.context.environment.settings.repositories
        guard !name.isEmpty else {
            let text = CommandTexts.repositories(names, canList: self.role >= .member, sign: self.sign)
            return Reply(text)
        }
        if !names.contains(name), let listing = RepositoryListing(name) {
            guard self.role >= .member else { return Reply(CommandTexts.listingNeedsMember) }
            let repository = try await self.session()?.repository
            let person = self.stored.message.sender.id
            let page = await self.context.repositories.page(listing, repository, person)
            return Reply(CommandTexts.listing(page, of: listing, sign: self.sign))
        }
        guard names.contains(name) else { return Reply(CommandTexts.unknownRepository(name, among: names)) }
        let session = try await self.session()
        // A running answer would suddenly work on another repository's files. Checked first, because the check below
        // waits for a checkout in progress.
        if isBusy(), session?.repository ?? names.first != name {
            let obstacle = CommandTexts.answerHoldsRepository(name)
            return Reply(self.sign.completing(CommandTexts.repositoryIsNotChosen(obstacle)))
        }
        if let session,
            let obstacle = await self.context.desk?.obstacle(
                to: name, from: session.repository ?? names.first, in: session.id)
        {
            return Reply(self.sign.completing(CommandTexts.repositoryIsNotChosen(obstacle)))
        }
        return Reply(CommandTexts.repositoryIsChosen(name)) { session in
            // Features belong to a repository.
            if session.repository != name { session.feature = nil }
            session.repository = name
        }
    }

    func kill(_ argument: String) async throws -> Reply {
        guard !argument.isEmpty else { return Reply(JobTexts.whichJob(sign: self.sign)) }
        guard let desk = self.context.desk, let session = try await self.session(),
            let job = try await desk.job(argument, of: session.id)
        else { return Reply(JobTexts.unknown(argument, sign: self.sign)) }
        let wasRunning = try await desk.kill(job.id, of: session.id)
        if wasRunning { return Reply(JobTexts.killed(job)) }
        let left = try await desk.jobs(of: session.id).filter(\.isLeftover)
        return Reply(JobTexts.notRunning(job, left: left, sign: self.sign))
    }

    // MARK: People

    func people(_ argument: String) async throws -> Reply {
        let access = self.context.access
        let sender = self.stored.message.sender
        let now = self.context.environment.now()
        return try await self.orRefusal {
            switch PeopleWords(argument) {
            case .list: PeopleTexts.list(try await access.people(), at: now, sign: self.sign)
            case .set(let who, let role): PeopleTexts.changed(try await access.set(role, of: who, by: sender))
            case .remove(let who):
                self.sign.completing(PeopleTexts.changed(try await access.remove(who, by: sender)))
            case .merge(let old, let new): LinkTexts.merged(try await access.merge(old, into: new, by: sender))
            case nil: PeopleTexts.usage(self.sign)
            }
        }
    }

    func share(_ name: CommandName, _ argument: String) async throws -> Reply {
        let (shares, session, sender) = (self.context.shares, try await self.session(), self.stored.message.sender)
        let text =
            name == .share
            ? try await shares.reply(toShare: argument, in: session, by: sender, as: self.role)
            : try await shares.reply(toUnshare: argument, in: session, by: sender, as: self.role)
        return Reply(self.sign.completing(text))
    }

    func addBrowser(of who: String) async throws -> Reply {
        guard self.stored.message.isDirect else { return Reply(SignInTexts.onlyDirect(.pair, sign: self.sign)) }
        guard try await !self.isShared() else { return Reply(PeopleTexts.notWrittenHere) }
        let (access, url) = (self.context.access, self.context.environment.settings.publicURL)
        return try await self.orRefusal {
            PeopleTexts.added(
                try await access.addBrowser(
                    of: who, by: self.stored.message.sender, as: self.role, inThread: true), at: url)
        }
    }

    func link(_ name: CommandName, _ code: String) async throws -> Reply {
        let (message, code) = (self.stored.message, name == .link ? code : nil)
        guard message.isDirect else { return Reply(SignInTexts.onlyDirect(name, sign: self.sign)) }
        if code?.isEmpty == true, try await self.isShared() {
            return Reply(self.sign.completing(LinkTexts.notWhileShared))
        }
        return try await self.orRefusal {
            try await self.context.access.relink(message.sender, in: self.key, code: code, sign: self.sign)
        }
    }

    /// Whether others may read what is written here, such as a code.
    private func isShared() async throws -> Bool {
        // What begins with this command is shared with nobody.
        guard let session = try await self.session() else { return false }
        let now = self.context.environment.now()
        // An owner may write in the conversation of somebody else.
        guard session.owner == self.stored.message.sender.id else { return true }
        return try await self.context.store.read { ledger in try !ledger.shares(of: session.id, at: now).isEmpty }
    }

    /// What `body` returns, or why it was refused.
    private func orRefusal(_ body: () async throws -> String) async throws -> Reply {
        do { return Reply(try await body()) } catch let error as PeopleError {
            return Reply(self.sign.completing(error.message))
        }
    }

    func memory(_ name: CommandName, _ argument: String) async throws -> Reply {
        let message = self.stored.message
        let repository = try await self.session()?.repository ?? self.context.environment.settings.repositories.first
        let desk = MemoryDesk(
            store: self.context.store, person: message.sender, role: self.role, repository: repository)
        let isShared = try await self.isShared()
        let text = try await desk.reply(
            to: MemoryWords(name.rawValue, argument), isDirect: message.isDirect && !isShared,
            at: self.context.environment.now())
        return Reply(self.sign.completing(text))
    }

    // MARK: Verification

    /// How long a network may take; it waits for its server.
    private static let verifyPatience = Duration.seconds(30)

    func verify(_ argument: String) async -> Reply {
        let message = self.stored.message
        guard message.isDirect else { return Reply(SignInTexts.onlyDirect(.verify, sign: self.sign)) }
        let networks = self.context.adapters.all.compactMap { $0 as? any VerifyingAdapter }
        guard !networks.isEmpty else { return Reply(VerifyTexts.noNetwork) }
        let ids = networks.map(\.id.rawValue)
        guard let words = VerifyWords(argument, networks: ids) else { return Reply(VerifyTexts.usage(self.sign)) }
        let named = networks.first { $0.id.rawValue == words.network }
        let own = networks.first { $0.id == message.route.room.adapter }
        guard let network = named ?? own ?? (networks.count == 1 ? networks.first : nil) else {
            return Reply(VerifyTexts.whichNetwork(ids, sign: self.sign))
        }
        let text = await withDeadline(Self.verifyPatience) {
            await network.verify(words.argument, by: message.sender, in: message.route)
        }
        return Reply(self.sign.completing(text ?? VerifyTexts.tooSlow(network.id, sign: self.sign)))
    }

    // MARK: Accounts

    func whoami() async -> Reply {
        let account = await self.accountLine().map { " \($0)." } ?? ""
        return Reply(CommandTexts.whoami(self.stored.message.sender, role: self.role) + account)
    }

    func logout() async -> Reply {
        guard self.stored.message.isDirect else { return Reply(SignInTexts.onlyDirect(.logout, sign: self.sign)) }
        guard let accounts = self.context.accounts else { return Reply(SignInTexts.unavailable) }
        let text: String
        do {
            let wasSignedIn = try await accounts.signOut(self.stored.message.sender.id)
            text = wasSignedIn ? SignInTexts.signedOut : SignInTexts.notSignedIn
        } catch {
            text = SignInTexts.cannotSignOut(error)
        }
        return Reply(text)
    }

    /// The line about the person's account at GitHub, for direct messages only; nil on hosts without GitHub.
    func accountLine() async -> String? {
        guard self.stored.message.isDirect, self.stored.role.map({ $0 >= CommandName.login.role }) == true,
            let accounts = self.context.accounts
        else { return nil }
        return SignInTexts.account(await accounts.summary(of: self.stored.message.sender.id))
    }
}
