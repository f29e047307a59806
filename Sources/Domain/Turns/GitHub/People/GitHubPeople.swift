package import Copilot
internal import Crypto
internal import GitHub
internal import HTTP
internal import JSON
internal import Lifecycle
package import Logging
package import Models
package import People
package import Posts
internal import Primitives
internal import Sessions
internal import SignIn
internal import Store

/// People's own sign-ins to GitHub: the device flow for each, and their tokens.
package actor GitHubPeople {
    /// Tokens are renewed this long before they expire. Seconds.
    private static let margin = 300.0
    /// What an OAuth app needs: branches, pull requests, and files of workflows.
    private static let scope = "repo workflow"

    private let settings: SignInSettings
    private let files: PersonFiles
    private let endpoints: DeviceEndpoints
    private let names: GitHubAccountName
    private let clock: ModelClock
    /// Seconds since 1970.
    private let now: @Sendable () -> Double
    private let logger: Logger
    /// Posts the results into threads.
    private let posts: ThreadPosts

    /// Codes that a person was given, until ``wait(for:)``.
    private var invited: [String: (id: String, exchange: DeviceExchange)] = [:]
    /// Waits for approval, by person.
    private var waits: [String: (id: String, task: Task<Void, Never>)] = [:]
    private var known: [String: (stamp: PrivateFile.Stamp, account: PersonAccount?)] = [:]
    /// Whose the tokens are that were asked for.
    private var owners: [GitHubToken: String] = [:]
    /// People whose sign-in GitHub no longer accepts, until they sign in or out.
    private var ended: Set<String> = []
    private var renewals: [String: Task<PersonAccount?, any Error>] = [:]
    private let end = Signal()
    private var isStopping = false

    package init(
        settings: SignInSettings, transport: any ModelTransport, posts: ThreadPosts, clock: ModelClock = .continuous,
        now: @escaping @Sendable () -> Double = { Double(WallClock.now()) / 1_000 },
        logger: Logger = Logger(label: "github")
    ) {
        self.settings = settings
        self.files = PersonFiles(folder: settings.folder)
        self.endpoints = DeviceEndpoints(settings: settings, transport: transport, scope: Self.scope)
        self.names = GitHubAccountName(settings: settings, transport: transport)
        self.posts = posts
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    // MARK: Signing in

    private var clientID: String? {
        // A stand-in on this machine accepts any client id.
        self.settings.clientID ?? (self.settings.githubURL.isLoopback ? "jetbridge" : nil)
    }

    private var isSafe: Bool {
        [self.settings.githubURL, self.settings.apiURL].allSatisfy { $0.isSecure || $0.isLoopback }
    }

    /// Waits for the person, then stores the sign-in and reports the result.
    private func finish(_ signIn: PersonSignIn, _ given: DeviceExchange, clientID: String) async {
        var exchange = given
        let text: String
        do {
            guard case .granted(let grant) = try await exchange.next() else { throw CancellationError() }
            text = try await self.keep(grant, of: signIn, clientID: clientID)
        } catch is CancellationError {
            // A newer sign-in or the host's end: the next start reports the latter.
            return
        } catch {
            text = PersonTexts.failed(error)
        }
        if self.waits[signIn.person]?.id == signIn.id { self.waits[signIn.person] = nil }
        await self.report(text, of: signIn)
    }

    private func keep(_ grant: DeviceGrant, of signIn: PersonSignIn, clientID: String) async throws -> String {
        let token = try SignInCheck.token(of: grant)
        let answer = try await self.names.answer(for: token.value)
        if answer == .refused { return PersonTexts.notAccepted }
        var account = PersonAccount(
            person: signIn.person, login: nil, token: token.value,
            renewal: grant.renewal(clientID: clientID, now: self.now()), session: signIn.session, signIn: signIn.id)
        if case .login(let login) = answer { account.login = login }
        try Task.checkCancellation()
        do {
            try await self.save(account)
        } catch {
            self.logger.error("a person's GitHub sign-in cannot be stored", ["error": .string("\(error)")])
            return PersonTexts.notStored
        }
        self.logger.info("a person signed in to GitHub", ["person": .string(signIn.person)])
        return PersonTexts.signedIn(as: account.login)
    }

    /// Ends the stored sign-in and tells its thread, in one transaction.
    private func report(_ text: String, of signIn: PersonSignIn) async {
        do {
            try await self.posts.tell { ledger in
                guard try ledger.endGitHubSignIn(signIn.id) else { return [] }
                return [ThreadNews(session: signIn.session, markdown: text)]
            }
        } catch {
            self.logger.error("the result of a sign-in cannot be stored", ["error": .string("\(error)")])
        }
    }

    /// Reports sign-ins that a restart has cut off.
    private func recover() async throws {
        let rows = try await self.storedSignIns()
        for row in rows where self.waits[row.person]?.id != row.id && self.invited[row.person]?.id != row.id {
            let account = await self.account(of: row.person)
            let isDone = account?.signIn == row.id
            await self.report(isDone ? PersonTexts.signedIn(as: account?.login) : PersonTexts.forgotten, of: row)
        }
    }

    private func storedSignIns() async throws -> [PersonSignIn] {
        let found = Protected<[PersonSignIn]>([])
        try await self.posts.tell { ledger in
            let rows = try ledger.gitHubSignIns()
            found.withLock { $0 = rows }
            return []
        }
        return found.withLock { $0 }
    }

    // MARK: Tokens

    private func save(_ account: PersonAccount) async throws {
        try await self.files.write(account)
        self.ended.remove(account.person)
        self.known[account.person] = (self.files.stamp(of: account.person), account)
    }

    /// The stored account; the file is read again only when it has changed.
    private func account(of person: String) async -> PersonAccount? {
        let stamp = self.files.stamp(of: person)
        if let known = self.known[person], known.stamp == stamp { return known.account }
        let account = stamp.isAbsent ? nil : await self.files.read(person)
        self.known[person] = (stamp, account)
        return account
    }

    private func renewed(_ account: PersonAccount) async throws -> PersonAccount? {
        guard let renewal = account.renewal, Double(renewal.expiresAt) - self.now() < Self.margin else {
            return account
        }
        // A refresh token works only once, so all callers share one request.
        let task =
            self.renewals[account.person]
            // Unstructured: it must not end with the first of them.
            ?? Task { try await self.renew(account, by: renewal) }
        self.renewals[account.person] = task
        defer { self.renewals[account.person] = nil }
        return try await task.value
    }

    private func renew(_ old: PersonAccount, by renewal: StoredLogin.Renewal) async throws -> PersonAccount? {
        // Another caller's request may have ended in the meantime.
        let current = await self.account(of: old.person)
        guard current?.token == old.token else { return current }
        switch try await self.endpoints.renew(renewal) {
        case .granted(let grant):
            let token = try SignInCheck.token(of: grant)
            var account = old
            account.token = token.value
            account.renewal = grant.renewal(clientID: renewal.clientID, now: self.now())
            // The person may have signed out, or in again, during the request.
            let latest = await self.account(of: old.person)
            guard latest?.token == old.token else { return latest }
            try await self.save(account)
            return account
        case .failed(let reason):
            // It may still be valid for a while.
            if Double(renewal.expiresAt) > self.now() { return old }
            throw GitHubError(
                .unreachable, "Your GitHub sign-in could not be renewed (\(reason)); try again in a moment.")
        case .refused, .code, .begin, .timer:
            await self.drop(old)
            return nil
        }
    }

    /// Forgets a sign-in that GitHub no longer accepts, after its one line about that is stored.
    private func drop(_ account: PersonAccount) async {
        let key = "github sign-in \(hex(Array(sha256(account.token.reveal()).prefix(8)))) is over"
        do {
            // A sign-in on the page belongs to no thread.
            if !account.session.isEmpty {
                try await self.posts.tell { _ in
                    [ThreadNews(session: account.session, key: key, markdown: PersonTexts.noLongerAccepted)]
                }
            }
            // Not one that has replaced it.
            guard await self.account(of: account.person)?.token == account.token else { return }
            self.ended.insert(account.person)
            _ = try await self.files.remove(account.person)
            self.known[account.person] = nil
        } catch {
            self.logger.error("a refused GitHub sign-in cannot be removed", ["error": .string("\(error)")])
        }
    }
}

extension GitHubPeople: PersonTokens {
    package func token(of person: String) async throws -> GitHubToken? {
        guard let stored = await self.account(of: person), let account = try await self.renewed(stored) else {
            guard self.ended.contains(person) else { return nil }
            throw GitHubError(
                .unauthorized,
                person.hasPrefix("github:") ? PersonTexts.pageSignInEnded : PersonTexts.noLongerAccepted)
        }
        let token = try SignInCheck.token(of: DeviceGrant(token: account.token))
        if self.owners[token] == nil {
            self.owners = self.owners.filter { $0.value != person }
            self.owners[token] = person
        }
        return token
    }

    package func refused(_ token: GitHubToken) async -> Bool {
        guard let person = self.owners[token] else { return false }
        if let account = await self.account(of: person), account.token == token.value { await self.drop(account) }
        return true
    }

    /// The name of the person's account; nil if it is unknown.
    package func login(of person: String) async -> String? {
        guard var account = await self.account(of: person) else { return nil }
        if let login = account.login { return login }
        // GitHub did not answer when the person signed in.
        guard case .login(let login) = try? await self.names.answer(for: account.token),
            await self.account(of: person)?.token == account.token
        else { return nil }
        account.login = login
        try? await self.save(account)
        return login
    }
}

extension GitHubPeople: SignInTokens {
    package func keep(_ grant: DeviceGrant, of person: String, login: String, clientID: String) async throws {
        let token = try SignInCheck.token(of: grant)
        // A code that waits would replace it later.
        self.invited[person] = nil
        self.waits.removeValue(forKey: person)?.task.cancel()
        try await self.save(
            PersonAccount(
                person: person, login: login, token: token.value,
                renewal: grant.renewal(clientID: clientID, now: self.now()), session: "", signIn: ""))
    }
}

extension GitHubPeople: PersonalAccounts {
    package nonisolated var tokensPage: String { "\(self.settings.githubURL.origin)/settings/tokens" }

    package func invite(_ person: String) async -> SignInInvitation {
        // Another token could not tell who belongs to the organisations that admit them.
        guard !person.hasPrefix("github:") else { return .failed(PersonTexts.signedInOnPage) }
        guard self.isSafe else { return .failed(PersonTexts.unsafe) }
        guard let clientID = self.clientID else { return .failed(PersonTexts.noApp) }
        var exchange = DeviceExchange(self.endpoints, clientID: clientID, clock: self.clock)
        do {
            guard case .code(let code) = try await exchange.next() else { return .failed(PersonTexts.notAccepted) }
            let id = Identifier.make("l")
            self.invited[person] = (id, exchange)
            return .code(id: id, code: code.userCode, address: code.verificationURL, lifetime: code.expiresIn)
        } catch {
            return .failed(PersonTexts.failed(error))
        }
    }

    package func wait(for signIn: PersonSignIn) {
        guard let invited = self.invited[signIn.person], invited.id == signIn.id, let clientID = self.clientID,
            !self.isStopping
        else { return }
        self.invited[signIn.person] = nil
        self.waits[signIn.person]?.task.cancel()
        // Unstructured, because it outlives the command: a newer sign-in, `logout` or the host's end cancels it.
        let task = Task { await self.finish(signIn, invited.exchange, clientID: clientID) }
        self.waits[signIn.person] = (signIn.id, task)
    }

    package func signOut(_ person: String) async throws -> Bool {
        self.invited[person] = nil
        let pending = self.waits.removeValue(forKey: person)
        pending?.task.cancel()
        // An approval that arrives at this moment is stored first, and then deleted.
        await pending?.task.value
        if let id = pending?.id {
            try await self.posts.tell { ledger in
                _ = try ledger.endGitHubSignIn(id)
                return []
            }
        }
        let wasThere = try await self.files.remove(person)
        self.known[person] = nil
        let hadEnded = self.ended.remove(person) != nil
        return wasThere || pending != nil || hadEnded
    }

    package func summary(of person: String) async -> String? {
        guard let account = await self.account(of: person) else { return nil }
        let login = await self.login(of: person)
        return "signed in\(login.map { " as `\($0)`" } ?? "") (\(account.maskedToken))"
    }
}

extension GitHubPeople: Service {
    package nonisolated var name: String { "github sign-ins" }

    package func run() async throws {
        if !self.isStopping {
            do {
                try await self.recover()
            } catch {
                self.logger.error("interrupted sign-ins cannot be reported", ["error": .string("\(error)")])
            }
            await self.end.wait()
        }
        let waits = self.waits.values.map(\.task)
        self.waits = [:]
        for task in waits { task.cancel() }
        for task in waits { await task.value }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping = true
        self.end.signal()
    }
}
