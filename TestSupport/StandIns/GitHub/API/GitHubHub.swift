internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// What GitHub knows: people, tokens, apps, repositories. The loop owns it.
@Net
final class GitHubHub {
    /// Where the bare repositories are: `OWNER/NAME.git`.
    nonisolated let folder: String
    private let directory: TemporaryDirectory?
    let clock: @Sendable () -> Double
    var url = ""
    var skew = 0.0

    // People
    var users: [String: HubUser] = [:]
    var tokens: [String: HubToken] = [:]
    /// Tokens of sign-ins, which the device flow knows.
    var signIn: @Sendable (String) -> HubToken? = { _ in nil }
    var apps: [Int: GitHubApp] = [:]

    // Repositories
    var repositories: [Int: HubRepository] = [:]
    private var names: [String: Int] = [:]

    // Requests
    var limits = GitHubLimits()
    var meters: [String: GitHubMeter] = [:]
    var ledger = GitHubLedger()
    var faults: [String: [GitHubFault]] = [:]
    var holds: Set<String> = []
    let held = WaitList()
    let changed = WaitList()
    let poster: GitHubPoster
    var deliveries: [HubDelivery] = []

    private var last = 1_000
    private var requests = 0

    nonisolated init(clock: @escaping @Sendable () -> Double) {
        self.directory = try? TemporaryDirectory()
        self.folder = self.directory?.path ?? "/nonexistent"
        self.clock = clock
        self.poster = GitHubPoster()
    }

    var now: Double { self.clock() + self.skew }

    func nextID() -> Int {
        self.last += 1
        return self.last
    }

    func nextRequestID() -> String {
        self.requests += 1
        let number = String(self.requests, radix: 16, uppercase: true)
        return "C0DE:1A2B3C:\(number):4D5E6F:67890ABC"
    }

    func begin(at url: String, signIn: @escaping @Sendable (String) -> HubToken?) {
        self.url = url
        self.signIn = signIn
        self.poster.onAnswer = { [weak self] in self?.noteAnswer($0, $1) }
    }

    func stop() async {
        await self.poster.stop()
        for repository in self.repositories.values { await repository.git.stop() }
    }

    // MARK: People

    /// The user of this login, made when first needed.
    @discardableResult
    func user(_ login: String) -> HubUser {
        let key = login.lowercased()
        if let user = self.users[key] { return user }
        let user = HubUser(login: login, id: self.nextID(), kind: login.hasSuffix("[bot]") ? .bot : .person)
        self.users[key] = user
        return user
    }

    func token(_ text: String) -> HubToken? {
        guard let token = self.tokens[text] ?? self.signIn(text) else { return nil }
        if let end = token.end, end <= self.now { return nil }
        return token
    }

    // MARK: Repositories

    func repository(_ owner: String, _ name: String) -> HubRepository? {
        self.names["\(owner)/\(name)".lowercased()].flatMap { self.repositories[$0] }
    }

    func repository(_ fullName: String) -> HubRepository? {
        self.names[fullName.lowercased()].flatMap { self.repositories[$0] }
    }

    /// Makes an empty repository.
    func addRepository(_ owner: String, _ name: String, copying source: HubRepository? = nil) async throws
        -> HubRepository
    {
        self.user(owner)
        let path = "\(self.folder)/\(owner)/\(name).git"
        let repository = HubRepository(
            id: self.nextID(), owner: owner, name: name, git: GitHubGit(path: path))
        repository.created = self.now
        repository.pushed = self.now
        repository.isReady = source == nil
        self.repositories[repository.id] = repository
        self.names[repository.fullName.lowercased()] = repository.id
        if source == nil { try await self.makeFiles(of: repository, copying: nil) }
        return repository
    }

    func makeFiles(
        of repository: HubRepository, copying source: HubRepository?, onlyDefault: Bool = false
    ) async throws {
        let maker = GitHubGit(path: self.folder)
        var script = "mkdir -p '\(repository.git.path)' && cd '\(repository.git.path)'\n"
        if let source {
            script += """
                git clone -q --bare '\(source.git.path)' .
                git for-each-ref --format='delete %(refname)' refs/pull refs/standin | git update-ref --stdin

                """
            if onlyDefault {
                script += """
                    git for-each-ref --format='delete %(refname)' refs/heads | grep -vx 'delete refs/heads/\(source.defaultBranch)' \
                        | git update-ref --stdin

                    """
            }
        } else {
            script += "git init -q --bare --initial-branch='\(repository.defaultBranch)' .\n"
        }
        script += GitHubGitFiles.setup
        _ = try await maker.shell(script)
        try GitHubGitServer.writeRules(of: repository)
        repository.isReady = true
        self.changed.wakeAll()
    }

    // MARK: Rights

    /// What GitHub calls a person's relation to a repository.
    func association(of login: String, to repository: HubRepository) -> JSON {
        if login.lowercased() == repository.owner.lowercased() { return "OWNER" }
        if self.users[repository.owner.lowercased()]?.members[login] != nil { return "MEMBER" }
        return repository.people[login] == nil ? "NONE" : "COLLABORATOR"
    }

    /// What a person may do in a repository, whatever the token.
    func access(of login: String, to repository: HubRepository) -> GitHubAccess {
        if repository.owner.lowercased() == login.lowercased() { return .admin }
        let member = self.users[repository.owner.lowercased()]?.members[login] ?? .none
        return max(member, repository.people[login] ?? .none, repository.isPrivate ? .none : .read)
    }

    /// What a token may do with a permission such as `contents`, if its person may.
    func grant(of actor: GitHubActor, to repository: HubRepository, _ permission: String) -> GitHubAccess {
        let open: GitHubAccess = repository.isPrivate ? .none : .read
        func limited(_ permissions: [String: GitHubAccess], _ names: Set<String>?) -> GitHubAccess {
            guard names?.contains(repository.fullName) ?? true else { return open }
            let granted = permission == "metadata" ? .read : permissions[permission] ?? .none
            // `write` is the highest level of a permission: it is enough for an administrator's work.
            return granted >= .write ? .admin : max(granted, open)
        }
        switch actor.token.kind {
        case .scopes(let scopes):
            if actor.key == "anonymous" { return open }
            if scopes.contains("repo") { return .admin }
            if permission == "repository_hooks", !scopes.isDisjoint(with: ["admin:repo_hook", "write:repo_hook"]) {
                return .admin
            }
            return repository.isPrivate ? .none : scopes.contains("public_repo") ? .admin : .read
        case .person(let permissions): return limited(permissions, nil)
        case .installation(let id, let permissions, let names):
            let installation = self.apps.values.lazy.flatMap(\.installations).first { $0.id == id }
            guard installation?.account.lowercased() == repository.owner.lowercased() else { return open }
            return limited(permissions, names)
        }
    }

    /// What somebody may do with a token.
    func access(of actor: GitHubActor, to repository: HubRepository, _ permission: String) -> GitHubAccess {
        let granted = self.grant(of: actor, to: repository, permission)
        if case .installation = actor.token.kind { return granted }
        return min(granted, self.access(of: actor.login, to: repository))
    }

    func canSee(_ repository: HubRepository, _ actor: GitHubActor) -> Bool {
        self.access(of: actor, to: repository, "metadata") >= .read
    }
}
