internal import Copilot
internal import Gateway
internal import GitHub
internal import HTTP
internal import HTTPClient
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives
internal import Sessions
internal import Turns

/// Sets up people's sign-ins to GitHub, and news from there. Make it before the bridge, and call ``attach(_:source:)``
/// once there is one.
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
    private let secret: Secret?
    private let desk: NewsDesk
    private let change = Signal()

    init(
        _ configuration: Configuration, store: SessionStore, transport: (any ModelTransport)? = nil,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        let repositories = configuration.gitHubRepositories
        self.desk = NewsDesk(repositories: repositories, forks: RepositorySetup.forks(of: configuration))
        let isUsed = !repositories.isEmpty || configuration.github.clientID != nil
        self.people =
            isUsed
            ? GitHubPeople(
                settings: Self.settings(configuration),
                transport: transport ?? SignInSetup.transport(for: configuration)) : nil
        let secret = configuration.github.webhookSecret
        self.secret = secret?.isEmpty == false && !repositories.isEmpty ? secret : nil
        let change = self.change
        self.news = GitHubNewsStore(store: store, now: now) { change.signal() }
    }

    /// With a webhook, GitHub is polled only for deliveries that were lost, such as those while this host was down: it
    /// does not repeat them.
    private static let leastIntervalBesideWebhook = 60 * PollSchedule.minute

    /// Tells the poller that a thread may watch another branch.
    var watchesMayHaveChanged: @Sendable () -> Void {
        let change = self.change
        return { change.signal() }
    }

    /// Without a source, threads learn only what a webhook reports.
    func attach(_ bridge: Bridge, source: (any GitHubNewsSource)?) async -> Parts {
        var parts = Parts()
        let logger = Logger(label: "github")
        if let people = self.people {
            await people.attach { decide in _ = try await bridge.tell(decide) }
            parts.services.append(people)
        }
        var desk = self.desk
        if let source, !desk.repositories.isEmpty {
            let interval = self.secret == nil ? PollSchedule.minute : Self.leastIntervalBesideWebhook
            let poller = NewsPoller(
                bridge: bridge, desk: desk, source: source, change: self.change, leastInterval: interval,
                logger: logger)
            desk.onGap = { poller.hurry($0) }
            parts.services.append(poller)
        }
        if let secret = self.secret {
            let intake = WebhookIntake(bridge: bridge, desk: desk, logger: logger)
            parts.services.append(intake)
            parts.hook =
                GitHubHook(secret: secret, logger: logger) { delivery in
                    switch try await intake.take(delivery.id, delivery.event, delivery.payload) {
                    case .stored: .stored
                    case .duplicate: .duplicate
                    case .ignored: .ignored
                    }
                }.hook
        }
        return parts
    }

    /// Where people sign in. The app is GitHub's own setting, else that of Copilot at the same GitHub.
    private static func settings(_ configuration: Configuration) -> SignInSettings {
        let (github, copilot) = (configuration.github, configuration.copilot)
        let shared = copilot.githubURL.origin == github.webURL.origin ? copilot.clientID : nil
        return SignInSettings(
            githubURL: github.webURL, apiURL: github.apiURL, clientID: github.clientID ?? shared,
            folder: "\(configuration.dataDirectory)/github/people", userAgent: "jetbridge/\(Release.version)")
    }
}
