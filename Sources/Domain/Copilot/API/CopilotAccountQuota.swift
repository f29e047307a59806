internal import Glibc
internal import HTTP
internal import JSON
internal import Models
internal import Primitives

/// The account's remaining quota: GitHub's report, cached for a minute, and updates from the headers of later
/// responses.
final class CopilotAccountQuota: Sendable {
    private struct State {
        var quota: ModelQuota?
        var fetchedAt: Duration?
        /// Why GitHub could not be asked, for callers that would wait as long again.
        var failure: (reason: ModelError, until: Duration)?
    }

    private static let lifetime = Duration.seconds(60)

    private let settings: CopilotSettings
    private let gitHub: (any SignInTokenSource)?
    private let exchange: ModelExchange
    private let state = Protected(State())

    init(_ settings: CopilotSettings, gitHub: (any SignInTokenSource)?, exchange: ModelExchange) {
        self.settings = settings
        self.gitHub = gitHub
        self.exchange = exchange
    }

    /// Nil where nothing is known. Throws ``ModelError`` when GitHub cannot be asked and nothing is cached; then that counts
    /// for as long as it took, at most a minute.
    func quota() async throws -> ModelQuota? {
        let now = self.exchange.clock.now
        let (known, failure) = self.state.withLock { state in
            (
                state.fetchedAt.map { now - $0 < Self.lifetime } ?? false ? state.quota : nil,
                state.failure.flatMap { now < $0.until ? $0.reason : nil }
            )
        }
        if let known { return known }
        guard let gitHub = self.gitHub else { return self.state.withLock { $0.quota } }
        if let failure { return try self.old(or: failure) }
        do {
            let quota = try await self.fetch(try await gitHub.gitHubToken())
            self.state.withLock { state in
                state.quota = quota
                state.fetchedAt = now
                state.failure = nil
            }
            return quota
        } catch let error as ModelError {
            self.keep(error, since: now)
            return try self.old(or: error)
        } catch let error as CancellationError {
            // The caller's patience ended: the next ones would wait in vain as well.
            self.keep(
                ModelError(.unavailable, "GitHub takes too long to report the quota; try again later."), since: now)
            throw error
        }
    }

    private func old(or error: ModelError) throws -> ModelQuota {
        guard let old = self.state.withLock({ $0.quota }) else { throw error }
        return old
    }

    private func keep(_ error: ModelError, since begun: Duration) {
        let now = self.exchange.clock.now
        self.state.withLock { $0.failure = (error, now + min(now - begun, Self.lifetime)) }
    }

    /// Takes single allowances from the headers of a response.
    func receive(_ headers: HTTPHeaders) {
        let (allowances, reset) = CopilotUser.allowances(in: headers)
        guard !allowances.isEmpty else { return }
        self.state.withLock { state in
            state.quota = (state.quota ?? ModelQuota()).updated(with: allowances, resetDate: reset)
        }
    }

    /// Makes the next ``quota()`` ask GitHub again.
    func forget() { self.state.withLock { $0.fetchedAt = nil } }

    private func fetch(_ token: Secret) async throws -> ModelQuota {
        let headers: HTTPHeaders = [
            "Authorization": "token \(token.reveal())", "Accept": "application/json",
            "Editor-Version": self.settings.editorVersion, "Editor-Plugin-Version": self.settings.pluginVersion,
            "X-GitHub-Api-Version": "2025-04-01",
        ]
        let url = self.settings.gitHubAPIURL.adding(path: "copilot_internal/user")
        let document = try await self.exchange.document(
            TransportRequest(.get, url, headers: headers, idleTimeout: .seconds(10), totalTimeout: .seconds(10)),
            context: EndpointContext(service: .copilot, host: "GitHub", model: self.settings.defaultModel))
        guard document.status == 200 else { throw document.error }
        guard let json = try? JSON.parse(document.body), case .object = json else { throw document.context.noAPI }
        return CopilotUser.quota(json)
    }
}

/// Reads GitHub's report about an account's allowances. Pure; every part may be missing.
enum CopilotUser {
    /// Of each kind; an account has three.
    static let mostAllowances = 20

    /// Reads the response of `/copilot_internal/user`.
    static func quota(_ json: JSON) -> ModelQuota {
        var quota = ModelQuota(user: self.text(json["login"]), plan: self.text(json["copilot_plan"]))
        for (id, snapshot) in (json["quota_snapshots"]?.objectValue ?? [:]).prefix(Self.mostAllowances) {
            if let allowance = self.allowance(id, snapshot) { quota.allowances.append(allowance) }
        }
        // The free plan reports its monthly counts in another form.
        let free = (json["limited_user_quotas"]?.objectValue ?? [:]).prefix(Self.mostAllowances)
        let monthly = json["monthly_quotas"]
        for (id, value) in free where !quota.allowances.contains(where: { $0.id == id }) {
            guard let remaining = value.doubleValue else { continue }
            let most = monthly?[id]?.doubleValue
            quota.allowances.append(
                QuotaAllowance(
                    id: id, entitlement: most, remaining: max(0, remaining),
                    percentRemaining: most.flatMap { $0 > 0 ? max(0, remaining) / $0 * 100 : nil }, isUnlimited: false))
        }
        let dates = ["quota_reset_date_utc", "quota_reset_date", "limited_user_reset_date"]
        quota.resetDate = dates.lazy.compactMap { self.text(json[$0]) }.first
        quota.allowances.sort { $0.rank < $1.rank }
        return quota
    }

    private static func allowance(_ id: String, _ snapshot: JSON) -> QuotaAllowance? {
        guard case .object = snapshot else { return nil }
        let entitlement = snapshot["entitlement"]?.doubleValue
        let percent = snapshot["percent_remaining"]?.doubleValue.map { min(max(0, $0), 100) }
        // The fraction is exact; the whole number next to it is rounded.
        let told = snapshot["quota_remaining"]?.doubleValue ?? snapshot["remaining"]?.doubleValue
        return self.allowance(
            id, entitlement: entitlement, remaining: told, percent: percent,
            isUnlimited: snapshot["unlimited"]?.boolValue ?? false,
            overage: snapshot["overage_count"]?.doubleValue ?? 0,
            isOverageAllowed: snapshot["overage_permitted"]?.boolValue ?? false)
    }

    private static func allowance(
        _ id: String, entitlement: Double?, remaining: Double?, percent: Double?, isUnlimited: Bool, overage: Double,
        isOverageAllowed: Bool
    ) -> QuotaAllowance {
        let isUnlimited = isUnlimited || entitlement == -1
        let most = isUnlimited ? nil : entitlement.flatMap { $0 >= 0 ? $0 : nil }
        let left = remaining ?? most.flatMap { most in percent.map { most * $0 / 100 } }
        return QuotaAllowance(
            id: String(id.prefix(40)), entitlement: most, remaining: isUnlimited ? nil : left.map { max(0, $0) },
            percentRemaining: isUnlimited ? nil : percent, isUnlimited: isUnlimited, overage: max(0, overage),
            isOverageAllowed: isOverageAllowed)
    }

    /// Reads response headers: `x-quota-snapshot-chat: ent=300&ov=0.0&ovPerm=false&rem=71.5&rst=2026-12-01…`, where
    /// `rem` is the percentage left.
    static func allowances(in headers: HTTPHeaders) -> (allowances: [QuotaAllowance], resetDate: String?) {
        var reset: String?
        let allowances = ["premium_interactions", "premium_models", "chat"].compactMap { id -> QuotaAllowance? in
            guard let value = headers["x-quota-snapshot-" + id] else { return nil }
            let query = HTTPQuery(parsing: value)
            guard let entitlement = query["ent"].flatMap({ Double(untrusted: $0) }) else { return nil }
            reset = reset ?? query["rst"].flatMap { $0.isEmpty ? nil : String($0.prefix(40)) }
            return self.allowance(
                id, entitlement: entitlement, remaining: nil,
                percent: query["rem"].flatMap { Double(untrusted: $0) }.map { min(max(0, $0), 100) },
                isUnlimited: false,
                overage: query["ov"].flatMap { Double(untrusted: $0) } ?? 0, isOverageAllowed: query["ovPerm"] == "true"
            )
        }
        return (allowances, reset)
    }

    private static func text(_ value: JSON?) -> String? {
        value?.stringValue.flatMap { $0.isEmpty ? nil : $0.beginning(bytes: 200) }
    }
}

extension QuotaAllowance {
    /// The most important first.
    var rank: Int {
        switch self.id {
        case "premium_interactions", "premium_models": 0
        case "chat": 1
        default: 2
        }
    }
}
