internal import Chat
internal import Delivery
internal import People
internal import Primitives
internal import Schedules
internal import Store
internal import Threads

/// `remind`, `every`, `on` and `schedules`.
extension Conversation {
    /// Stores what somebody schedules with the command's reply in one transaction, so that a repeat of the command sets nothing
    /// twice.
    func schedule(
        _ name: CommandName, _ argument: String, for stored: StoredMessage, sign: CommandSign
    ) async throws -> Submission? {
        let (now, message) = (self.environment.now(), stored.message)
        let chosen = try await self.zone(of: message.sender)
        let wish: ScheduleWish
        do {
            let reader = ScheduleReader(now: now, zone: chosen)
            let reading =
                switch name {
                case .remind: try reader.reminder(argument)
                case .on: try reader.event(argument)
                default: try reader.every(argument)
                }
            let usual = self.environment.settings.repositories.first
            let repository = try await self.storedSession().map { $0.repository ?? usual } ?? usual
            wish = ScheduleWish(
                kind: name == .remind ? .remind : .turn, reading: reading, sender: message.sender, route: message.route,
                isDirect: message.isDirect, sign: sign, repository: repository, now: now)
        } catch let problem as ScheduleProblem {
            return try await self.reply(to: stored, with: sign.completing(problem.text))
        }
        let submission = try await self.respond(to: stored) { ledger, session in
            do {
                let schedule = try wish.write(to: ledger, in: session)
                return Response(text: sign.completing(ScheduleReplies.stored(schedule)))
            } catch let problem as ScheduleProblem {
                return Response(text: sign.completing(problem.text))
            }
        }.submission
        await self.context.schedules.wakeAll()
        return submission
    }

    /// `schedules`, `schedules cancel ID` and `schedules zone NAME`.
    func schedules(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        let words = argument.split(whereSeparator: \.isWhitespace).map(String.init)
        let (sender, isOwner) = (stored.message.sender, stored.role == .owner)
        let (isDirect, url) = (stored.message.isDirect, self.environment.settings.publicURL)
        switch (words.first?.lowercased(), words.count) {
        case (nil, _):
            let zone = try await self.zone(of: sender)
            return try await self.respond(to: stored) { ledger, session in
                let own = try ledger.schedules(of: sender.id)
                // What somebody has scheduled elsewhere is not for everybody here.
                let others = own.filter { $0.session != session.id }
                let shown = try ledger.schedules(ofSession: session.id) + (isDirect ? others : [])
                let text = ScheduleReplies.list(
                    shown, for: try ledger.identities(of: sender.id), in: zone,
                    elsewhere: isDirect ? 0 : others.count, at: url)
                return Response(text: sign.completing(text))
            }.submission
        case ("cancel", 2):
            let submission = try await self.respond(to: stored) { ledger, session in
                guard let schedule = try ledger.schedule(words[1].lowercased()),
                    try ledger.identities(of: sender.id).contains(schedule.person)
                        || (isOwner && schedule.session == session.id),
                    try ledger.deleteSchedule(schedule.id)
                else { return Response(text: sign.completing(ScheduleReplies.unknown)) }
                return Response(text: ScheduleReplies.cancelled(schedule))
            }.submission
            await self.context.schedules.wakeAll()
            return submission
        case ("zone", 2):
            guard let zone = Zone(words[1]) else {
                return try await self.reply(to: stored, with: sign.completing(ScheduleProblem.zone(words[1]).text))
            }
            return try await self.reply(to: stored, with: ScheduleReplies.zone(zone)) { ledger, _ in
                var preferences = try ledger.preferences(of: sender.id)
                preferences.zone = zone.name
                try ledger.set(preferences, of: sender.id)
            }
        default: return try await self.reply(to: stored, with: sign.completing(ScheduleReplies.usage))
        }
    }

    /// The person's zone, else that of the host.
    private func zone(of sender: Sender) async throws -> Zone {
        let name = try await self.context.store.read { ledger in try ledger.preferences(of: sender.id).zone }
        return name.flatMap { Zone($0) } ?? .ofHost
    }
}
