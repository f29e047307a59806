internal import Analytics
internal import Audit
internal import Chat
internal import JSON
internal import People
internal import Posts
internal import Primitives
internal import Store
internal import Threads

extension CommandReplies {
    private var settings: AnalyticsSettings { self.context.environment.settings.analytics }

    /// `budget`, and `budget lift WHO`.
    func budget(_ argument: String) async throws -> Reply {
        let settings = self.settings
        let now = self.context.environment.now()
        let words = argument.split(separator: " ", omittingEmptySubsequences: true)
        let isLift = words.first == "lift" && words.count > 1
        guard isLift || words.isEmpty else { return Reply(self.sign.completing(BudgetTexts.usage)) }
        guard !settings.budgets.isEmpty else { return Reply(BudgetTexts.none) }
        if isLift { return try await self.lift(words.dropFirst().joined(separator: " "), at: now) }
        let (key, person, isOwner) = (self.key, self.stored.message.sender.id, self.role == .owner)
        let standard = self.context.environment.settings.repositories.first
        let text = try await self.context.store.read { ledger in
            let repository = try ledger.session(for: key)?.repository ?? standard
            // What the host and everybody in a repository have spent is not for guests.
            let budgets = settings.budgets.budgets(person: person, repository: repository).filter {
                isOwner || $0.scope == .person(person)
            }
            return BudgetTexts.list(
                try budgets.map { try ledger.state(of: $0.budget, $0.scope, settings, at: now) }, of: person,
                lifts: isOwner ? try ledger.lifts(at: now) : [], zone: settings.budgets.zone)
        }
        return Reply(text)
    }

    private func lift(_ who: String, at now: Int64) async throws -> Reply {
        guard self.role == .owner else { return Reply(BudgetTexts.liftNeedsOwner) }
        let zone = self.settings.budgets.zone
        let until = now + Ledger.liftTime
        let giver = self.stored.message.sender.id
        let name = who.hasPrefix("repository ") ? String(who.dropFirst("repository ".count)) : nil
        let scope: Budgets.Scope = who == "host" ? .host : name.map(Budgets.Scope.repository) ?? .person(who)
        let isKnown: Bool =
            switch scope {
            case .host: true
            case .repository(let name): self.context.environment.settings.repositories.contains(name)
            // An identity, such as `irc:local/account:alice`.
            case .person(let id): id.contains(":") && !id.contains(" ")
            }
        guard isKnown else { return Reply(self.sign.completing(BudgetTexts.usage)) }
        let (key, audit) = (self.key, self.context.environment.auditDecision)
        let isSeen = try await self.context.store.write(beside: Place(of: key)) { ledger in
            try ledger.lift(scope, until: until, by: giver)
            try audit(
                ledger,
                AuditEntry(
                    kind: .budgetLifted, session: try ledger.session(for: key)?.id, turn: nil, actor: giver,
                    details: [
                        "scope": .string(scope.name), "until": .string(CivilTime(milliseconds: until).rfc3339Seconds),
                    ]))
            guard case .person(let id) = scope else { return true }
            return try ledger.hasSeen(id)
        }
        let text = BudgetTexts.lifted(scope.name, until: until, zone: zone)
        return Reply(isSeen ? text : "\(text) \(BudgetTexts.unseen)")
    }

    /// `rate up` or `rate down`, of the thread's last answer, with words or without.
    func rate(_ argument: String) async throws -> Reply {
        let words = argument.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        guard let rating = words.first.flatMap({ Rating(rawValue: $0.lowercased()) ?? Rating(emoji: $0) }) else {
            return Reply(RatingTexts.usage(self.sign))
        }
        let (key, person, origin) = (self.key, self.stored.message.sender.id, self.context.origin)
        let now = self.context.environment.now()
        let isNoted = try await self.context.store.write(beside: Place(of: key)) { ledger in
            guard let session = try ledger.session(for: key), let turn = try ledger.lastRatable(of: session.id) else {
                return false
            }
            return try ledger.rate(
                rating, words.dropFirst().first, turn: turn, by: person, from: origin, at: now)
        }
        return Reply(isNoted ? RatingTexts.noted(rating) : RatingTexts.noAnswer)
    }

    /// `report`: of the current period. Owners see everything, others what is theirs.
    func report(_ argument: String) async throws -> Reply {
        guard let period = Period(rawValue: argument.isEmpty ? "week" : argument) else {
            return Reply(ReportTexts.usage(self.sign))
        }
        let settings = self.settings
        let now = self.context.environment.now()
        let zone = settings.budgets.zone
        let part: AnalyticsQuery.Part? = self.role == .owner ? nil : .user(self.stored.message.sender.id)
        let range = period.start(of: now, in: zone)..<period.end(of: now, in: zone)
        let text = try await self.context.store.read { ledger in
            try ledger.report(on: range, as: "This \(period.rawValue)", zone: zone, of: part, prices: settings.prices)
        }
        return Reply(text)
    }
}
