internal import Copilot
internal import Git
internal import GitHub
internal import Models
internal import Posts
internal import Repositories
internal import Sessions
internal import Threads
internal import Turns

/// The one client of GitHub's API, with all sign-ins, and what mirrors follow.
struct GitHubHost: Sendable {
    let client: GitHubClient
    /// The configured repositories that are on GitHub, by their names here.
    let repositories: [String: GitHubRepositoryName]
    private let configuration: Configuration
    private let surroundings: Surroundings

    /// Throws `GitHubError` for addresses that no configuration has.
    ///
    /// - Parameter people: The sign-ins of people of their own.
    init(
        _ configuration: Configuration, people: (any PersonTokens)? = nil, transport: (any ModelTransport)? = nil,
        surroundings: Surroundings = .ofProcess()
    ) throws(GitHubError) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.repositories = configuration.gitHubRepositories
        let github = configuration.github
        let transport = transport ?? SignInSetup.transport(for: configuration)
        let settings = try GitHubSettings(
            apiURL: github.apiURL, webURL: github.webURL, userAgent: Release.userAgent)
        let app = github.app.map { GitHubAppTokens($0, settings, transport: transport) }
        let tokens = ChosenTokens(people: people, app: app, host: Self.hostTokens(configuration, surroundings))
        self.client = GitHubClient(settings, tokens: tokens, transport: transport)
    }

    /// What the workers of pull requests, reviews and fixes work with.
    func work(_ repositories: RepositoryCatalog, _ news: GitHubNewsStore, _ posts: ThreadPosts) -> GitHubWork {
        GitHubWork(
            client: self.client, names: self.repositories, repositories: repositories,
            pages: posts.environment.settings.pages, store: posts.store, news: news)
    }

    /// The servers of the mirrors, by the repositories' names.
    func upstreams() -> [String: any Upstream] {
        let http = GitHTTPClient(caFile: self.configuration.providers.lazy.compactMap(\.caFile).first)
        var upstreams: [String: any Upstream] = [:]
        for repository in self.configuration.repositories {
            switch repository.place {
            case .local: break
            case .github(let owner, let name):
                upstreams[repository.name] = GitHubUpstream(
                    self.client, GitHubRepositoryName(owner: owner, name: name), base: repository.branch, http: http)
            case .remote(let remote):
                upstreams[repository.name] = RemoteUpstream(name: repository.name) { _ in
                    try Self.remote(remote, http, home: self.surroundings.variable("HOME"))
                }
            }
        }
        return upstreams
    }

    /// A configured Git server that is not GitHub. Throws `GitError` for an address that makes no sense.
    func server(_ remote: Configuration.Remote) throws(GitError) -> GitRemote {
        try Self.remote(
            remote, GitHTTPClient(caFile: self.configuration.providers.lazy.compactMap(\.caFile).first),
            home: self.surroundings.variable("HOME"))
    }

    /// A Git server as configured.
    static func remote(
        _ remote: Configuration.Remote, _ http: any GitHTTP, home: String?
    ) throws(GitError) -> GitRemote {
        let url = try GitRemoteURL(remote.url)
        var access = GitRemoteAccess.none
        if let key = remote.key {
            let known = remote.knownHosts ?? home.map { "\($0)/.ssh/known_hosts" }
            access = .ssh(
                GitSSHKey(
                    privateKeyPath: key, passphrase: remote.passphrase,
                    knownHostsPath: known ?? "/etc/ssh/ssh_known_hosts"))
        } else if let password = remote.password {
            let credential = GitCredential(user: remote.user ?? "git", secret: password)
            access = .http { refused in refused == nil ? credential : nil }
        }
        return GitRemote(url: url, access: access, http: http)
    }

    private static func hostTokens(_ configuration: Configuration, _ surroundings: Surroundings) -> HostTokens {
        var settings = SignInSetup.settings(for: configuration)
        settings.githubURL = configuration.github.webURL
        settings.apiURL = configuration.github.apiURL
        settings.token = nil
        let discovery = SignInDiscovery(
            settings, environment: surroundings.environment,
            commandLine: GitHubCommandLine(environment: surroundings.environment))
        return HostTokens(configured: configuration.github.token, discovery: discovery)
    }
}
