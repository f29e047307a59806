internal import Gateway
internal import GitHub
internal import Lifecycle
internal import Logging
internal import Posts
internal import Primitives
internal import Sessions
internal import Threads
internal import Turns

/// Sets up people's sign-ins to GitHub, and news from there.
struct NewsSetup: Sendable {
    /// What runs and listens.
    struct Parts: Sendable {
        var services: [any Service] = []
        /// `POST /hooks/github`, if a secret for it is configured.
        var hook: GatewayHook?
    }

    /// People's own accounts, for the bridge and as ``PersonTokens``; nil on hosts without GitHub.
    let people: GitHubPeople?
    /// What threads watch and have learnt.
    let news: GitHubNewsStore
    private let posts: ThreadPosts
    private let secret: Secret?
    private let desk: NewsDesk
    private let watches: Signal

    /// - Parameter watches: Says that a thread may watch another branch.
    init(_ configuration: Configuration, posts: ThreadPosts, watches: Signal) {
        self.posts = posts
        self.watches = watches
        let repositories = configuration.gitHubRepositories
        self.desk = NewsDesk(repositories: repositories, forks: RepositorySetup.forks(of: configuration))
        let isUsed =
            !repositories.isEmpty || configuration.github.clientID != nil || configuration.gateway.signIn.github != nil
        self.people =
            isUsed
            ? GitHubPeople(
                settings: configuration.peopleAtGitHub,
                transport: SignInSetup.transport(for: configuration), posts: posts) : nil
        let secret = configuration.github.webhookSecret
        self.secret = secret?.isEmpty == false && !repositories.isEmpty ? secret : nil
        self.news = GitHubNewsStore(store: posts.store, now: posts.environment.now) { watches.signal() }
    }

    /// With a webhook, GitHub is polled only for deliveries that were lost, such as those while this host was down: it
    /// does not repeat them.
    private static let leastIntervalBesideWebhook = 60 * PollSchedule.minute

    func parts(source: any GitHubNewsSource, pushed: @escaping @Sendable (String) -> Void) -> Parts {
        var parts = Parts()
        let logger = Logger(label: "github")
        if let people = self.people { parts.services.append(people) }
        var desk = self.desk
        if !desk.repositories.isEmpty {
            let interval = self.secret == nil ? PollSchedule.minute : Self.leastIntervalBesideWebhook
            let poller = NewsPoller(
                posts: self.posts, desk: desk, source: source, change: self.watches, leastInterval: interval,
                logger: logger)
            desk.onGap = { poller.hurry($0) }
            parts.services.append(poller)
        }
        if let secret = self.secret {
            let intake = WebhookIntake(posts: self.posts, desk: desk, logger: logger, pushed: pushed)
            parts.services.append(intake)
            parts.hook =
                GitHubHook(secret: secret, logger: logger) { delivery in
                    let outcome = try await intake.take(
                        delivery.id, signature: delivery.signature, delivery.event, delivery.payload)
                    return switch outcome {
                    case .stored: .stored
                    case .duplicate: .duplicate
                    case .ignored: .ignored
                    }
                }.hook
        }
        return parts
    }
}
