internal import HTTP

/// What became of a try, and what follows from it. Pure.
struct WebhookTry: Sendable {
    /// Nil if no answer came.
    var status: HTTPStatus?
    /// Why none came.
    var failure: String?
    /// What the receiver asks for.
    var wait: Duration?

    /// The first wait; each is twice as long as the one before.
    static let firstWait: Double = 5_000
    static let longestWait: Double = 3_600_000
    /// A receiver cannot put a delivery off for longer.
    static let longestRequest: Double = 24 * 3_600_000
    /// How long a delivery is tried, in milliseconds.
    static let lifetime: Int64 = 3 * 24 * 3_600_000

    /// The receiver says that it is gone.
    var isGone: Bool { self.status == .gone }
    var isDelivered: Bool { self.status?.isSuccess == true }

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - jitter: a random number in 0..<1. Half of a wait is random, so that receivers are not met by all at once.
    func applied(to delivery: WebhookDelivery, at now: Int64, jitter: Double) -> WebhookDelivery {
        var delivery = delivery
        delivery.tries += 1
        delivery.triedAt = now
        delivery.status = self.status?.code
        delivery.error = self.error
        // Of no meaning from here on, but no longer that of one that must go at once.
        delivery.nextAt = now
        if self.isDelivered {
            delivery.state = .delivered
        } else if self.isGone {
            delivery.state = .givenUp
        } else if now - delivery.createdAt >= Self.lifetime {
            delivery.state = .givenUp
            delivery.error = "\(self.error ?? ""); given up after \(Self.lifetime / 86_400_000) days"
        } else {
            let doubled = Self.firstWait * Double(1 << min(delivery.tries - 1, 20))
            let asked = self.wait.map { min($0 / .milliseconds(1), Self.longestRequest) } ?? 0
            delivery.nextAt = now + Int64(max(min(doubled, Self.longestWait) * (0.5 + 0.5 * jitter), asked))
        }
        return delivery
    }

    private var error: String? {
        guard let status = self.status else { return self.failure ?? "no answer came" }
        if status.isSuccess { return nil }
        return switch status.code {
        case 300..<400: "it answered \(status.code): redirects are not followed, so set url to where it leads"
        case 410: "it answered 410, which means that nothing is wanted there any more"
        default: "it answered \(status.code)"
        }
    }
}
