internal import Analytics
internal import Attention
internal import Chat
internal import Delivery
internal import Files
internal import JSON
internal import Logging
internal import Primitives
internal import Store
internal import Threads

/// Posts reports when they are due, each once at each of its places: the transaction that puts it into the outbox notes
/// its period. In a cluster, the host that has a place posts there. After a downtime the last report is made up for.
package struct ReportPosting: Sendable {
    private let posts: ThreadPosts

    /// The longest wait: places come from other hosts, and clocks are set.
    private static let patience: Int64 = 600_000

    package init(posts: ThreadPosts) { self.posts = posts }

    /// Runs until it is cancelled.
    package func run() async throws {
        let (settings, environment) = (self.posts.environment.settings.analytics, self.posts.environment)
        while true {
            let now = environment.now()
            for report in settings.reports {
                for target in report.targets { await self.post(report, to: target, at: now) }
            }
            // Without reports it waits for the end.
            let next = settings.reports.map { $0.nextDue(after: now) }.min()
            let wait = next.map { min(max(1, $0 - environment.now()), Self.patience) } ?? Self.patience
            try await Task.sleep(for: .milliseconds(wait))
        }
    }

    func post(_ report: ReportSchedule, to target: String, at now: Int64) async {
        do {
            try await self.tryPost(report, to: target, at: now)
        } catch is CancellationError {
        } catch {
            // The next round tries again.
            self.posts.environment.logger.warning(
                "a report could not be posted",
                ["report": .string(report.name), "to": .string(target), "error": .string("\(error)")])
        }
    }

    private func tryPost(_ report: ReportSchedule, to target: String, at now: Int64) async throws {
        guard let destination = try await self.destination(of: target) else {
            // Nobody has worked on its tasks in a thread yet.
            if target.hasPrefix(ReportSchedule.tasksTarget) { return }
            return self.posts.environment.logger.warning(
                "a report has an unknown target", ["report": .string(report.name), "to": .string(target)])
        }
        let store = self.posts.store
        guard store.held.contains(Place(of: destination.key)) else { return }
        let range = report.range(dueAt: report.lastDue(at: now))
        let last = try await store.read { ledger in try ledger.lastReport(report.name, to: target, at: now) }
        guard last.map({ $0 < range.lowerBound }) ?? true else { return }
        // A new report begins with the next period: what was before it was asked for is no downtime.
        let prices = self.posts.environment.settings.analytics.prices
        let text = try await store.read { ledger -> String? in
            guard let last else { return nil }
            guard let repository = report.tasks else {
                return try ledger.report(on: range, as: report.name, zone: report.zone, prices: prices)
            }
            // Each date once: those after that of the last report, whose period was the day before it.
            let dates = [last, range.lowerBound].map { moment in
                CivilTime(milliseconds: (report.zone.day(of: moment) + 1) * 86_400_000).date
            }
            return ReportTexts.due(try ledger.tasks(of: repository, dueAfter: dates[0], to: dates[1]), in: repository)
        }
        let adapters = self.posts.adapters
        let picture = text == nil ? nil : try await self.picture(of: report, on: range, for: destination, at: now)
        let notice = try await store.write(of: Place(of: destination.key)) { ledger -> StoredNotice? in
            guard let session = try destination.session(in: ledger, at: now),
                try ledger.take(report.name, to: target, since: range.lowerBound, at: now), let text
            else { return nil }
            var notice = NoticeWriting(
                session: session, text: text, role: .note, kind: .note, adapters: adapters, at: now)
            notice.file = picture
            return try notice.write(to: ledger)
        }
        FaultPoint.reportStored.hit()
        if let notice { await self.posts.show(notice) }
    }

    /// Draws the report's chart and stores it; nil where no files are shown, or nothing can draw.
    private func picture(
        of report: ReportSchedule, on range: Range<Int64>, for destination: Destination, at now: Int64
    ) async throws -> (path: String, fallback: String)? {
        let environment = self.posts.environment
        guard let draw = environment.draw, let files = environment.settings.files else { return nil }
        let prices = environment.settings.analytics.prices
        let session = try await self.posts.store.write(of: Place(of: destination.key)) { ledger in
            try destination.session(in: ledger, at: now)
        }
        guard let session else { return nil }
        let room = session.route.room
        let traits = self.posts.adapters.traits(of: room)
        guard traits.capabilities.contains(.files), self.posts.adapters[room.adapter] is any FileAdapter,
            let svg = try await self.posts.store.read({ ledger in
                try ledger.reportPicture(on: range, as: report.name, zone: report.zone, prices: prices)
            }), let bytes = await draw(svg)
        else { return nil }
        let day = report.zone.local(range.lowerBound).date
        let writer = files.writer("sent-report-\(day).png", in: session.id, limit: traits.uploadLimit)
        do {
            try await writer.open()
            try await writer.write(bytes)
            let address = "\(environment.settings.publicURL)/analytics"
            return (try await writer.finish(), "The chart is at \(address).")
        } catch {
            // The text says it all.
            await writer.discard()
            return nil
        }
    }

    // MARK: Where

    /// A thread of the web chat, or a room, whose reports are a thread of their own.
    private struct Destination {
        let key: ThreadKey
        let route: Route?

        func session(in ledger: Ledger, at now: Int64) throws -> SessionRecord? {
            guard let route = self.route else { return try ledger.session(for: self.key) }
            return try ledger.session(for: self.key, route: route, owner: "", title: "Reports", at: now)
        }
    }

    /// `web:THREAD`, `tasks:REPOSITORY`, or `ADAPTER/ROOM` such as `irc:local/#team`.
    private func destination(of target: String) async throws -> Destination? {
        if target.hasPrefix("web:") {
            let thread = String(target.dropFirst(4))
            let session = try await self.posts.store.read { ledger in try ledger.session(id: thread) }
            return session.map { Destination(key: $0.key, route: nil) }
        }
        if target.hasPrefix(ReportSchedule.tasksTarget) {
            let name = String(target.dropFirst(ReportSchedule.tasksTarget.count))
            let session = try await self.posts.store.read { ledger in try ledger.thread(ofTasksOf: name) }
            return session.map { Destination(key: $0.key, route: nil) }
        }
        // An adapter's id may have a slash, so that the longest that fits counts.
        let adapters = self.posts.adapters.all.map(\.id).filter { target.hasPrefix($0.rawValue + "/") }
        guard let adapter = adapters.max(by: { $0.rawValue.utf8.count < $1.rawValue.utf8.count }) else { return nil }
        let room = String(target.dropFirst(adapter.rawValue.count + 1))
        guard !room.isEmpty else { return nil }
        return Destination(
            key: ThreadKey(adapter: adapter, value: "reports/\(room)"),
            route: Route(room: RoomID(adapter: adapter, name: room)))
    }
}
