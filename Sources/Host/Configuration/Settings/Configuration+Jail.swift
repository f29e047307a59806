extension Configuration {
    /// Limits of a jailed command; sizes are in bytes.
    package struct Jail: Sendable, Equatable {
        package struct Network: Sendable, Equatable {
            package enum Mode: String, Sendable, CaseIterable { case none, allowlist }
            package var mode: Mode
            /// Host names; `*.` in front matches subdomains.
            package var allow: [String]

            init(_ section: Section) {
                self.mode = section.read("mode", default: .none) { $0.choice() }
                self.allow = section.list("allow") { $0.string() } ?? []
                if self.mode == .none, !self.allow.isEmpty {
                    section.error("'allow' has no effect with mode: none; set mode: allowlist")
                }
            }
        }

        package var memory: Int
        package var processes: Int
        package var fileSize: Int
        /// For stdout and stderr each.
        package var output: Int
        package var timeout: Duration
        package var network: Network
        package var workspaceQuota: Int

        init(_ section: Section) {
            self.memory = section.read("memory", default: 512 << 20) { $0.size(atLeast: 1 << 20) }
            self.processes = section.read("processes", default: 64) { $0.integer(in: 1...65_536) }
            self.fileSize = section.read("file_size", default: 64 << 20) { $0.size() }
            self.output = section.read("output", default: 1 << 20) { $0.size() }
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
            self.network = section.section("network") { Network($0) }
            self.workspaceQuota = section.read("workspace_quota", default: 1 << 30) { $0.size() }
        }
    }
}
