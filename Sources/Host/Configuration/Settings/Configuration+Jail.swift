package import Jail

extension Configuration {
    /// Limits of a jailed command; sizes are in bytes.
    package struct Jail: Sendable, Equatable {
        package struct Network: Sendable, Equatable {
            package enum Mode: String, Sendable, CaseIterable { case none, allowlist }
            package var mode: Mode
            /// `NAME:PORT`, or `*.NAME:PORT` for subdomains only; in lower case.
            package var allow: [String]

            init(_ section: Section) {
                self.mode = section.read("mode", default: .none) { $0.choice() }
                self.allow = section.list("allow") { $0.networkEntry() } ?? []
                if self.mode == .none, !self.allow.isEmpty {
                    section.error("'allow' has no effect with mode: none; set mode: allowlist")
                }
            }
        }

        package var memory: Int
        /// Of each jail.
        package var processes: Int
        package var fileSize: Int
        /// Of each process.
        package var openFiles: Int
        /// In processors: 1 is one whole processor.
        package var processorShare: Double
        /// For stdout and stderr together.
        package var output: Int
        package var timeout: Duration
        /// A jail without a command for this long is ended.
        package var idleTimeout: Duration
        /// Live jails of one person.
        package var perUser: Int
        /// Live jails of the host.
        package var perHost: Int
        package var network: Network
        package var workspaceQuota: Int
        /// Files and folders of a workspace.
        package var workspaceFiles: Int
        /// As root: the first of the users that jails run as; nil for the default.
        package var firstUser: UInt32?

        init(_ section: Section) {
            self.memory = section.read("memory", default: 512 << 20) { $0.size(atLeast: 1 << 20) }
            self.processes = section.read("processes", default: 64) { $0.integer(in: 1...65_536) }
            self.fileSize = section.read("file_size", default: 64 << 20) { $0.size() }
            self.openFiles = section.read("open_files", default: 1_024) { $0.integer(in: 16...1_048_576) }
            self.processorShare = section.read("processor_share", default: 1) { $0.number(in: 0.01...1_024) }
            self.output = section.read("output", default: 1 << 20) { $0.size() }
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
            self.idleTimeout = section.read("idle_timeout", default: .seconds(1_800)) { $0.duration(from: .seconds(1)) }
            self.perUser = section.read("per_user", default: 4) { $0.integer(in: 1...500) }
            self.perHost = section.read("per_host", default: 32) { $0.integer(in: 1...500) }
            if self.perUser > self.perHost, section.has("per_user"), section.has("per_host") {
                section.error("per_user is more than per_host; one person cannot have more jails than the host")
            }
            self.network = section.section("network") { Network($0) }
            self.workspaceQuota = section.read("workspace_quota", default: 1 << 30) { $0.size(atLeast: 1 << 20) }
            self.workspaceFiles = section.read("workspace_files", default: 200_000) { $0.integer(in: 100...10_000_000) }
            self.firstUser = section.optional("first_uid") { $0.integer(in: 1_000...4_294_957_294) }.map { UInt32($0) }
        }

        /// What one jail may use.
        package var limits: JailLimits {
            var limits = JailLimits()
            limits.memory = self.memory
            limits.processes = self.processes
            limits.fileSize = self.fileSize
            limits.openFiles = self.openFiles
            limits.processors = self.processorShare
            limits.disk = self.workspaceQuota
            limits.files = self.workspaceFiles
            return limits
        }
    }
}
