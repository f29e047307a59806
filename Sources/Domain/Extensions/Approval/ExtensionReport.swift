package import JSON
internal import Primitives

/// How one server is, for `extensions` in a thread and on the command line.
package struct ExtensionReport: Sendable, Equatable {
    /// What owners have said about the newest list.
    package enum Standing: Sendable, Equatable {
        /// No list was read yet.
        case unknown
        /// An owner has to approve the list; the ask's id once it was asked.
        case waiting(ask: String?)
        case approved
        case denied
    }

    package let name: String
    package let status: ExtensionStatus
    package let standing: Standing
    /// Tools that models get, perhaps by way of `NAME__find`, and those that the server lists.
    package let offered: Int
    package let listed: Int
    /// What its tools take of each request, by estimate.
    package let tokens: Int
    /// Tools that models don't get although the server lists them and nobody denies them, with the reasons.
    package let leftOut: [String]
    /// Of the newest list that was read; nil before there is one.
    package let era: ExtensionOffer.Era?
    package let revision: String?

    /// One line of Markdown.
    package var line: String {
        var parts = [self.state]
        if let era = self.status.era ?? self.era { parts.append(era.rawValue) }
        parts.append("\(self.offered) of \(self.listed.counted("tool")) offered")
        if self.offered > 0 { parts.append("\(self.tokens) tokens") }
        if let time = self.status.startTime { parts.append("started in \(Self.text(time))") }
        if self.status.droppedLines > 0 { parts.append("\(self.status.droppedLines.counted("stray line")) dropped") }
        let error = self.status.lastError.map { " Last error: \(EscapedText.code(Self.oneLine($0)))." } ?? ""
        let left =
            self.leftOut.isEmpty ? "" : " Left out: \(EscapedText.markdown(self.leftOut.joined(separator: "; ")))."
        let todo = self.todo.map { " \($0)" } ?? ""
        return "\(EscapedText.code(self.name)): \(parts.joined(separator: ", ")).\(error)\(left)\(todo)"
    }

    package var state: String {
        switch self.status.state {
        case .idle: "not running"
        case .starting: "starting"
        case .running: "running"
        case .failed: "failed"
        }
    }

    /// What somebody has to do; nil for nothing. Names commands of threads without a sign, as code.
    package var todo: String? {
        let check = "`jetbridge extensions check \(self.name)`"
        switch self.standing {
        case .waiting(let ask):
            let how = ask.map { "`approve \($0)` after reading it" } ?? "the question to owners follows"
            return self.offered > 0
                ? "It has changed; what is new or different is withheld until an owner approves it: \(how)."
                : "An owner has to approve its list: \(how)."
        case .denied:
            return "An owner has denied its newest list; owners are asked again when it changes."
        case .unknown:
            return self.status.lastError == nil
                ? "Its list was not read yet." : "\(check) on the host tries again and shows what it says."
        case .approved:
            return self.status.state == .failed ? "\(check) on the host tries again and shows what it says." : nil
        }
    }

    package var json: JSON {
        [
            "name": .string(self.name), "state": .string(self.status.state.rawValue),
            "era": (self.status.era ?? self.era).map { .string($0.rawValue) } ?? .null,
            "revision": self.revision.map { .string($0) } ?? .null, "approval": .string(self.approval),
            "offered": JSON(self.offered), "listed": JSON(self.listed), "tokens": JSON(self.tokens),
            "start_seconds": self.status.startTime.map { .number($0 / .seconds(1)) } ?? .null,
            "dropped_lines": JSON(self.status.droppedLines),
            "left_out": .array(self.leftOut.map { .string($0) }),
            "error": self.status.lastError.map { .string($0) } ?? .null, "todo": self.todo.map { .string($0) } ?? .null,
        ]
    }

    package var approval: String {
        switch self.standing {
        case .unknown: "unknown"
        case .waiting: "waiting"
        case .approved: "approved"
        case .denied: "denied"
        }
    }

    private static func text(_ time: Duration) -> String {
        let tenths = Int((time / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private static func oneLine(_ text: String) -> String {
        let line = VisibleText.strictLine(text.beginning(bytes: 400))
        return line.utf8.count < text.utf8.count ? line + "…" : line
    }
}

extension ExtensionDesk {
    /// All servers, in the order of the configuration.
    ///
    /// - Parameters:
    ///   - ours: How many tools of the host itself a turn offers.
    ///   - tokens: Estimates a text.
    package func report(ours: Int, tokens: @Sendable (String) -> Int) async throws -> [ExtensionReport] {
        let (settings, lists) = (self.settings, try await self.lists())
        let offered = try await self.offered()
        let catalog = ExtensionCatalog(offered.map(\.approved), ours: ours, tokens: tokens)
        var reports: [ExtensionReport] = []
        for settings in settings {
            let place = Self.place(of: settings.way)
            let own = lists.filter { $0.record.server == settings.name && $0.record.place == place }
            let newest = own.first { $0.record.state != .approved } ?? own.first
            let standing: ExtensionReport.Standing =
                switch newest?.record.state {
                case .waiting: .waiting(ask: newest?.record.ask)
                case .approved: .approved
                case .denied: .denied
                case nil: .unknown
                }
            let share = catalog.shares[settings.name]
            let status = await self.server(settings.name)?.status() ?? ExtensionStatus()
            reports.append(
                ExtensionReport(
                    name: settings.name, status: status,
                    standing: standing, offered: share?.callable ?? 0, listed: newest?.list.offer.tools.count ?? 0,
                    tokens: share?.tokens ?? 0,
                    leftOut: catalog.leftOut.filter { $0.server == settings.name }.map {
                        "\(VisibleText.strictLine($0.rawName)): \($0.reason)"
                    } + status.leftOut,
                    era: newest?.list.offer.era, revision: newest?.list.offer.revision))
        }
        return reports
    }
}

/// A stored list, for whoever reads it before they decide.
package struct ShownExtensionList: Sendable {
    package let name: String
    /// `approved`, `waiting` or `denied`.
    package let state: String
    package let digest: String
    /// Every word of it.
    package let markdown: String
    package let json: JSON
}

extension ExtensionDesk {
    /// The stored lists of configured servers, the approved one of each first.
    package func shown() async throws -> [ShownExtensionList] {
        let (settings, lists) = (self.settings, try await self.lists())
        return settings.flatMap { settings in
            lists.filter { $0.record.server == settings.name }.map { record, list in
                ShownExtensionList(
                    name: settings.name, state: record.state.rawValue, digest: record.digest,
                    markdown: self.text(of: settings, list, among: lists).everything,
                    json: [
                        "name": .string(settings.name), "state": .string(record.state.rawValue),
                        "digest": .string(record.digest), "list": list.json,
                    ])
            }
        }
    }
}
