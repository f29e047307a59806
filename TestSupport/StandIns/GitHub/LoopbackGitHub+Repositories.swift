internal import EventLoop
internal import HTTPServer
internal import Primitives

/// Repositories, people and tokens of the stand-in. Everything here is on the loop: call it with `await`.
///
/// ```swift
/// let github = try await LoopbackGitHub.started()
/// let site = try await github.addRepository("octo/site", files: ["README.md": "Hello\n"], people: ["alice": .write])
/// await github.addToken("ghp_…", HubToken("alice"))
/// // … github: {api_url: github.url, web_url: github.url, token: ghp_…} …
/// try await github.colleague("bob").push("README.md", "Changed\n", to: "octo/site")
/// ```
extension LoopbackGitHub {
    @Net package func repository(_ fullName: String) -> HubRepository? { self.hub.repository(fullName) }

    @Net package func setRules(_ rules: GitHubRules, of repository: HubRepository) throws {
        repository.rules = rules
        try GitHubGitServer.writeRules(of: repository)
    }

    /// What a branch points to.
    @Net package func head(_ branch: String, of fullName: String) async throws -> String? {
        try await self.hub.repository(fullName)?.git.reference("refs/heads/\(branch)")
    }

    /// A file's text on a branch.
    @Net package func text(_ path: String, on branch: String, of fullName: String) async throws -> String? {
        try await self.hub.repository(fullName)?.git.object("refs/heads/\(branch):\(path)").map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
    }

    // MARK: People

    /// Makes an organisation.
    @Net package func addOrganization(_ login: String, members: [String: GitHubAccess]) {
        self.change(login) { user in
            user.kind = .organization
            user.members = members
        }
    }

    /// Changes an organisation, or a person.
    @Net package func change(_ login: String, _ change: (inout HubUser) -> Void) {
        var user = self.hub.user(login)
        change(&user)
        self.hub.users[login.lowercased()] = user
    }

    @Net package func addApp(_ app: GitHubApp) {
        self.hub.user(app.bot)
        self.hub.apps[app.id] = app
    }

    package nonisolated func colleague(_ login: String = "bob") -> GitHubColleague {
        GitHubColleague(login: login, github: self)
    }

    // MARK: Limits and the clock

    /// Sets the limits.
    @Net package func setLimits(_ change: (inout GitHubLimits) -> Void) { change(&self.hub.limits) }

    /// Leaves a person so many requests of this hour.
    @Net package func leave(_ count: Int, for login: String) {
        self.hub.meters["user \(login)", default: GitHubMeter()].leave(
            count, of: self.hub.limits.hourly, now: self.hub.now)
    }

    /// Lets GitHub's clock run ahead.
    @Net package func advance(by seconds: Double) { self.hub.skew += seconds }

    // MARK: Requests

    /// What was asked and answered so far.
    @Net package var ledger: GitHubLedger { self.hub.ledger }

    /// Queues a fault for the next requests to a route such as `POST /graphql`, `GET /repos/{owner}/{repo}/pulls`,
    /// `GET info/refs git-upload-pack`, `POST git-receive-pack`.
    @Net package func inject(_ fault: GitHubFault, route: String, times: Int = 1) {
        self.hub.faults[route, default: []] += Array(repeating: fault, count: times)
    }

    /// Holds the requests to a route back before their work, until ``release(_:)``; `fork` holds the copying of forks.
    @Net package func hold(_ route: String) { self.hub.holds.insert(route) }

    @Net package func release(_ route: String) {
        self.hub.holds.remove(route)
        self.hub.held.wakeAll()
    }

    /// Whether a request is held back.
    @Net package var isHolding: Bool { !self.hub.held.isEmpty }

    package struct TooLong: Error, CustomStringConvertible {
        package let description: String
    }

    /// Waits until GitHub satisfies a condition, checked after each change. Throws ``TooLong``.
    @Net package func wait(
        _ what: String, for duration: Duration = .seconds(30),
        until condition: @Net (LoopbackGitHub) async throws -> Bool
    ) async throws {
        let end = EventLoop.shared.now.advanced(by: duration)
        let alarm = EventLoop.shared.schedule(after: duration) { [hub = self.hub] in hub.changed.wakeAll() }
        defer { alarm.cancel() }
        while try await !condition(self) {
            guard EventLoop.shared.now < end else {
                throw TooLong(description: "timed out after \(duration) waiting for \(what)")
            }
            try await self.hub.changed.wait()
        }
    }
}
