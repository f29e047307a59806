extension Configuration {
    /// What needs a person's approval.
    package struct Approvals: Sendable, Equatable {
        package enum Rule: String, Sendable, CaseIterable { case ask, allow, deny }

        package var commands: Rule
        package var writes: Rule
        package var network: Rule
        /// Whether owners get a direct message about approvals that wait in threads they are not in.
        package enum Notified: String, Sendable, CaseIterable { case owners, none }

        package var notify: Notified
        /// An unanswered request counts as denied after this time.
        package var timeout: Duration

        init(_ section: Section) {
            self.commands = section.read("commands", default: .ask) { $0.choice() }
            self.writes = section.read("writes", default: .allow) { $0.choice() }
            self.network = section.read("network", default: .ask) { $0.choice() }
            self.notify = section.read("notify", default: .owners) { $0.choice() }
            self.timeout = section.read("timeout", default: .seconds(1_800)) { $0.duration(from: .seconds(1)) }
        }
    }
}
